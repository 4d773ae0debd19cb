"""Events to messages for the customer."""
