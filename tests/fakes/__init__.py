"""In-memory ports for fast tests; the contract suites hold them to the real adapters."""
