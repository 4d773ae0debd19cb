"""ISO 20022 files: orders written as pain.001, reports read as pain.002, camt.053 and camt.054."""
