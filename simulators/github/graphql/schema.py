"""The schema that is served: `schema.graphql`, built once."""

from functools import cache
from pathlib import Path

from graphql import GraphQLSchema, build_schema

SDL = Path(__file__).with_name("schema.graphql")


@cache
def served_schema() -> GraphQLSchema:
    return build_schema(SDL.read_text(encoding="utf-8"))
