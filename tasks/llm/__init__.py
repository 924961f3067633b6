"""Analyse pull requests: first by rules, then by a language model, within its provider's rate limits."""
