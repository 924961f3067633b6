"""`python -m benchmarks.injection`: hostile pull requests against the model's part."""
