"""Stand-ins for the outside world, over real HTTP: for the demo, the tests and the benchmarks."""
