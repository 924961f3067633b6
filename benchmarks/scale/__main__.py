"""`python -m benchmarks.scale`."""

from benchmarks.scale.bench import main

main()
