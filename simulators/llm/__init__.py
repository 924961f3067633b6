"""A language model's server of our own: over real HTTP, for the demo, the tests and the benchmarks.

It speaks the chat completions of OpenAI-compatible providers, names itself `simulated` and answers from the
pull request's own text by simple rules, so its answers are believable and the same every time. It keeps
limits, counts what arrives over sliding minutes, and gives every bad reply on demand.
"""
