"""Scan, fetch and parse pull requests."""
