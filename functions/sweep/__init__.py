"""What nobody came back for: expire, restart, resume, publish again."""
