"""The operations desk: reviews and releases."""
