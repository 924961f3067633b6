"""Jira: which issues pull requests belong to, and what Jira knows of them."""
