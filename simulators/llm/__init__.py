"""Simulated language model, served over HTTP for the demo, the tests and the benchmarks.

It speaks the chat completions API of OpenAI-compatible providers, calls its model `simulated`, and answers by simple
rules from the text of the pull request, so that its answers are plausible and reproducible. It enforces rate limits,
counts requests over sliding minutes, and gives every kind of faulty response on demand.
"""
