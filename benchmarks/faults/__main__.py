"""`python -m benchmarks.faults`."""

from benchmarks.faults.bench import main

main()
