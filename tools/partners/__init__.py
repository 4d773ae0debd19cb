"""Partner sandboxes over HTTP: rail, bureau, identity, valuation, messages, token issuer."""
