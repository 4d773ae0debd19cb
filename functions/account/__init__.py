"""What customers see of their own: profile, applications, loans."""
