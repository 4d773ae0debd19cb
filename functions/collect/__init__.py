"""Money in: what the bank tells over signed webhooks."""
