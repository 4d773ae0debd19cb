"""Double entry: accounts, hash-chained journals, anchors over all heads, and what is read off."""
