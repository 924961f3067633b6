"""`python -m benchmarks.dashboard`."""

from benchmarks.dashboard.bench import main

main()
