"""Origination and disbursement tasks: release, pay, settle, fail."""
