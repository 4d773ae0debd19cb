"""Amendment task: put a sealed amendment of a running loan into force."""
