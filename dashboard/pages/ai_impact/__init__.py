"""The page AI impact."""
