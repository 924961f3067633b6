"""What the text of a pull request shows without a model."""
