"""The five stacks: data, messaging, servicing, origination, operations."""
