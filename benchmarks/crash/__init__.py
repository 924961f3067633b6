"""`python -m benchmarks.crash`: onboardings killed at random points."""
