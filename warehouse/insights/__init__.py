"""What is worth saying about the numbers, one detector a file. Pure, as the metrics are."""
