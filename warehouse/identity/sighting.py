"""One account as a response of GitHub names it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sighting:
    """An account as a response of GitHub names it. `kind` is the GraphQL type."""

    id: str
    database_id: int | None
    login: str
    kind: str


def account_row(team_id: str, one: Sighting) -> dict[str, object]:
    """Return a row of `accounts`."""
    return {
        "team_id": team_id,
        "id": one.id,
        "database_id": one.database_id,
        "login": one.login,
        "kind": one.kind,
        "gone_at": None,
    }
