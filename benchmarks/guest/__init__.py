"""prflow as a guest on a Prefect server that is not its own: `python -m benchmarks.guest`."""
