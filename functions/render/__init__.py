"""Documents: rendered on demand, listed and handed out by short-lived links."""
