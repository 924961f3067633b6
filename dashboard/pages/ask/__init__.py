"""The page Ask the data."""
