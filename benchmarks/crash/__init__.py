"""`python -m benchmarks.crash`: onboardings that are killed at random."""
