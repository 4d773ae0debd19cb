"""The daily anchor of the ledger."""
