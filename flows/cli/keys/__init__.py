"""The commands of the API's keys."""
