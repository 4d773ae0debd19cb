"""Money by hand: entries, their confirmation by a second person, and the cases of money in."""
