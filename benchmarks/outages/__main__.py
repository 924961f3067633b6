"""`python -m benchmarks.outages`."""

from benchmarks.outages.bench import main

main()
