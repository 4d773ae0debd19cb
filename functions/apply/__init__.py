"""Intake: applications and withdrawals."""
