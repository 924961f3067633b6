"""The course of one pull request: when it was ready for review, and whose turn it was."""
