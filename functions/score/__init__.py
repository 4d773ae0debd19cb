"""Underwriting task: the probability of default, by the model layer alone."""
