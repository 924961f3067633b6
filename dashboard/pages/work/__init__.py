"""The page Work."""
