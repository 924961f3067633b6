"""A simulated S3, for tests and benchmarks."""
