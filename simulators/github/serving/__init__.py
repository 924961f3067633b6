"""The HTTP server: routes, tokens, limits, faults."""
