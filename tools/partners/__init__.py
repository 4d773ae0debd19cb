"""Partner sandboxes over HTTP: bank rail, data sources, messages, token issuer."""
