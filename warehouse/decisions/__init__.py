"""What people decide about what prflow found: kept apart from what it finds."""
