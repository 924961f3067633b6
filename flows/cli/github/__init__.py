"""What is asked of GitHub itself."""
