"""Verification of signed contracts."""
