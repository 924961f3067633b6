"""Lists of GitHub's that end before their own total."""
