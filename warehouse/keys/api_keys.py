"""Make, list, revoke and check the keys of the API. A key reads one team; what is stored of it is a hash.

A key is `prflow_<id>_<secret>`, its secret 32 random bytes. Of so many random bits a plain SHA-256 is enough: nobody
can try them all, so that a slow hash would only slow the service down.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

import polars as pl

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.guard.untrusted import one_line
from warehouse.store import Merge, commit

PREFIX = "prflow"
MAX_NAME = 80
# Each time that is stored makes a snapshot of the warehouse: an hour is exact enough to find keys that nobody uses.
USED_GRAIN = timedelta(hours=1)
_NO_HASH = "0" * 64


@dataclass(frozen=True)
class NewKey:
    """A key that was just made: its `value` is shown once and stored nowhere."""

    id: str
    value: str


@dataclass(frozen=True)
class KnownKey:
    """A key that was shown, and is good. `used_at` is when it was last used, to the hour."""

    id: str
    team_id: str
    used_at: datetime | None


def add_key(warehouse: Warehouse, team_id: str, name: str, now: datetime) -> NewKey:
    """Make a key that reads one team. Raises BadArgument for a name that is empty or too long."""
    words = one_line(name)
    if not words or len(words) > MAX_NAME:
        raise BadArgument(f"A key needs a name of 1 to {MAX_NAME} characters.", "For example what it is for: grafana.")
    id_, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    row = {"id": id_, "team_id": team_id, "name": words, "secret_hash": _hash(secret), "created_at": now}
    commit(warehouse, Merge(schema.api_keys, schema.frame(schema.api_keys, [row], row)))
    return NewKey(id_, f"{PREFIX}_{id_}_{secret}")


def read_keys(warehouse: Warehouse, team_id: str | None = None) -> pl.DataFrame:
    """Read the keys of a team, or of all: everything but the hash. The newest first."""
    return warehouse.read(
        "SELECT id, team_id, name, created_at, used_at, revoked_at FROM api_keys "
        "WHERE ? IS NULL OR team_id = ? ORDER BY created_at DESC, id",
        [team_id, team_id],
    )


def revoke_key(warehouse: Warehouse, id_: str, now: datetime, team_id: str | None = None) -> str:
    """Revoke a key from now on; return its name. Raises BadArgument if the team (or any) has no such key."""
    rows = read_keys(warehouse, team_id).filter(pl.col("id") == id_)
    if rows.is_empty():
        raise BadArgument(f"There is no key {id_[:40]}.", "`prflow keys list` shows them.")
    row = {"id": id_, "revoked_at": rows["revoked_at"][0] or now}
    commit(warehouse, Merge(schema.api_keys, schema.frame(schema.api_keys, [row], row)))
    return str(rows["name"][0])


def check_key(warehouse: Warehouse, value: str) -> KnownKey | None:
    """Return the key that was shown; None if it is not one, was revoked, or its team is gone.

    The comparison takes as long for a wrong secret as for the right one, and for an id that there is not.
    """
    prefix, _, rest = value.partition("_")
    id_, _, secret = rest.partition("_")
    row = warehouse.read_one(
        "SELECT k.id, k.team_id, k.secret_hash, k.used_at FROM api_keys k JOIN teams t USING (team_id) "
        "WHERE k.id = ? AND k.revoked_at IS NULL",
        [id_ if prefix == PREFIX else ""],
    )
    is_same = compare_digest(_hash(secret), row["secret_hash"] if row else _NO_HASH)
    return KnownKey(row["id"], row["team_id"], row["used_at"]) if row and is_same else None


def is_use_due(key: KnownKey, now: datetime) -> bool:
    """Return whether the use of a key is to be stored: an hour after it was the last time."""
    return key.used_at is None or now - key.used_at >= USED_GRAIN


def note_use(warehouse: Warehouse, key: KnownKey, now: datetime) -> None:
    """Store that a key is used, at most once an hour."""
    if is_use_due(key, now):
        row = {"id": key.id, "used_at": now}
        commit(warehouse, Merge(schema.api_keys, schema.frame(schema.api_keys, [row], row)))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
