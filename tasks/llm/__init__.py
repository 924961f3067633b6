"""Reading pull requests: rules first, a language model for meaning, at the rate that its provider allows."""
