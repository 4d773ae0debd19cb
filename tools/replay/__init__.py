"""Real loans and their real monthly payments through the ledger, fast and in one process."""
