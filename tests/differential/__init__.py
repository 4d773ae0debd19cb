"""The product against tests/reference, on generated requests."""
