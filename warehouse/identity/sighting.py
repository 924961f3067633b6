"""One account as a response of GitHub names it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sighting:
    """An account as a response of GitHub names it. `kind` is the GraphQL type."""

    id: str
    database_id: int | None
    login: str
    kind: str
