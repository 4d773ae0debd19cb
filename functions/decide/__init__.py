"""Underwriting task: the decision."""
