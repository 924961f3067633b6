"""`python -m benchmarks.faults`: every fault of GitHub's, and what became of it."""
