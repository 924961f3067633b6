"""Which accounts are people, and which are bots."""
