"""`python -m benchmarks.crash`."""

from benchmarks.crash.bench import main

main()
