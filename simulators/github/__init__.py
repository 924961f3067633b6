"""A GitHub of our own, over real HTTP: for the demo, the tests and the benchmarks.

It serves the part of GitHub's GraphQL schema that `schema.graphql` lists, and a little REST, for an organisation made
from a seed (`organisation.make_organisation`) or read from a file of real pull requests (`recorded.load_repository`).
It counts points as GitHub does, has its limits, and shows its faults on demand.

Run it as `python -m simulators.github --port 8001`, or within a test by `server.serve(organisation)`.
"""
