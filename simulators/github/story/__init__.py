"""A believable organisation, made from a seed."""
