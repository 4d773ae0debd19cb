"""Releasing a trained model: checks, signature, a place on the shelf, an assignment."""
