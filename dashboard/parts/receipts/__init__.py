"""The pull requests that a sentence about a week rests on."""
