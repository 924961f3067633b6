"""What happens to a team: the events, what stands between two of them, and the messages that are still to be sent."""
