"""`python -m benchmarks.analysis`: rules and model against recorded pull requests."""
