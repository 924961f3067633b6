"""`prflow metrics`: what the numbers mean."""
