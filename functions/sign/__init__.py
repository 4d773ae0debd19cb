"""Offer acceptance, contract and signature."""
