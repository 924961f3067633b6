"""`python -m benchmarks.guest`."""

from benchmarks.guest.bench import main

main()
