"""The simulated organisation's data, as GitHub would hold it."""
