"""What a person reads, and the programs that write some of it."""
