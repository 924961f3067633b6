"""`python -m benchmarks.deaths`."""

from benchmarks.deaths.bench import main

main()
