"""One `Metric` constant per metric."""
