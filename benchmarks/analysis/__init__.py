"""`python -m benchmarks.analysis`: quality of the rules and of the model on recorded pull requests."""
