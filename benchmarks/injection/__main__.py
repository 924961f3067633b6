"""`python -m benchmarks.injection`."""

from benchmarks.injection.bench import main

main()
