"""Partner sandboxes over HTTP: bank rail, bureau, identity, valuation, messages, token issuer."""
