"""What the bank puts into our inbox, host to host."""
