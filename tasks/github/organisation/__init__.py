"""The owner, its repositories, members and teams."""
