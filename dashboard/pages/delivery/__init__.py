"""The page Delivery."""
