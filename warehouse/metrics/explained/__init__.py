"""What a metric means, worked through: an example, and the same in SQL."""
