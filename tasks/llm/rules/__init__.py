"""Rules that classify a pull request without a model, and that make its text safe to send."""
