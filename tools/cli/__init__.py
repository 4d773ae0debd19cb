"""The `autolend` command."""
