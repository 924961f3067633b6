"""The model's server: one call, its rate limit, its outcome."""
