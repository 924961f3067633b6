"""One request to GitHub: tokens, budget, limits, responses, errors."""
