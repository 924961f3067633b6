"""The definition lab: one number under the rules of several tools, over the same pull requests."""
