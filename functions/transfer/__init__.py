"""Servicing task: what we order of the bank about one shard of loans."""
