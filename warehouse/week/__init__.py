"""The week in words: facts that code finds, and the check that every sentence about them has to pass."""
