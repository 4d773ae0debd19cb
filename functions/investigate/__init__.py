"""The fraud desk: cases, their outcome, the watch-list."""
