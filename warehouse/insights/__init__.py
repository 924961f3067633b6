"""Insights: findings about the metrics, one detector per file. Pure, as the metrics are."""
