"""`python -m benchmarks.faults`: onboardings with every kind of GitHub fault."""
