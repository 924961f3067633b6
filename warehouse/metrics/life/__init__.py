"""The course of one pull request: what was done on it, when it was ready for review, and whose turn it was."""
