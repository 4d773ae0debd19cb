"""Who is calling: the REQUEST authorizer of the front door."""
