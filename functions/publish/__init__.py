"""Outbox rows of the lending stream to the event bus."""
