"""Servicing task: one shard of the daily reminders."""
