"""`python -m benchmarks.injection`: prompt injection by the text of pull requests."""
