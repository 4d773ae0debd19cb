"""The bank's daily statement against our books."""
