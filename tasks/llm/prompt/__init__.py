"""The question to the model, and the schema of its answer."""
