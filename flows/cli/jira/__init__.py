"""The commands of Jira."""
