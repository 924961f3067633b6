"""The page Pull requests."""
