"""The prompt, and the schema of the model's answer."""
