"""Many nights of one team in a row, by a clock of their own: what grows, and what stays."""
