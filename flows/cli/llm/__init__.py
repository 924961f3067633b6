"""Commands about the model: what it answers, and how far it agrees with people."""
