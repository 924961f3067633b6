"""A simulated Jira, Cloud or Data Center, served over HTTP."""
