from benchmarks.nights.bench import main

main()
