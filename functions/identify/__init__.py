"""Underwriting task: what the partners say about person and vehicle."""
