"""CPU seconds and memory of all metrics, beside ten of them in DuckDB's SQL and in pandas."""
