"""`python -m benchmarks.parallel`."""

from benchmarks.parallel.bench import main

main()
