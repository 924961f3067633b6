"""A simulated GitHub over real HTTP, for the demo, the tests and the benchmarks.

It serves the part of GitHub's GraphQL schema that `schema.graphql` lists and a few REST endpoints, for an organisation
made from a seed (`organisation.make_organisation`) or read from recorded pull requests (`recorded.load_repository`).
It counts points as GitHub does, enforces the same limits, and produces faults on demand.

Run it as `python -m simulators.github --port 8001`, or in a test with `server.serve(organisation)`.
"""
