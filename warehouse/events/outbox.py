"""Messages that are to be sent: each is a row until a channel has taken it, or for a week.

Two processes never send the same one: a claim rewrites a row that every claim rewrites, so that of two at once one is
begun again on what the other left.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import duckdb
import polars as pl

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.events.kinds import Event
from warehouse.events.problems import Facts, Notice, Problem, follow
from warehouse.store import Merge, Write, apply, commit

CLAIM = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(days=7)
BATCH = 50


@dataclass(frozen=True)
class Address:
    """Where messages of a team go: a mail address, a Slack channel, or the place of an address of Apprise, from 1 on.

    Empty for a webhook, and for Apprise in older messages, which go to all its addresses.
    """

    channel: str
    address: str = ""


@dataclass(frozen=True)
class Message:
    """A message that this process has claimed. `tries` counts those before."""

    id: str
    team_id: str
    kind: str
    cause: str
    facts: Facts
    to: Address
    created_at: datetime
    tries: int


FindAddresses = Callable[[str], Sequence[Address]]
"""Return the addresses of a team."""


def note_events(
    warehouse: Warehouse, found: Sequence[Event], find_addresses: FindAddresses, now: datetime
) -> list[Event]:
    """Store the events that are new, what follows for the standing problems, and the messages; return the new events.

    One transaction, and none if nothing has changed.
    """
    standing = [event for event in found if event.is_standing]
    if not _select_new(warehouse, found) and not standing and not _has_tokens(warehouse):
        return []
    fresh: list[Event] = []

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        _lock(cursor, now)
        fresh[:] = _without_known(cursor, found)
        passing = [event for event in fresh if not event.is_standing]
        known = _read_problems(cursor)
        changed, notices = follow(known, passing, standing, lambda team: bool(find_addresses(team)), now)
        messages = [row for notice in notices for row in _rows(notice, find_addresses(notice.team_id), now)]
        for write in _writes(fresh, changed, messages, now):
            apply(cursor, write)

    warehouse.transact(work)
    return fresh


def add_message(warehouse: Warehouse, notice: Notice, addresses: Sequence[Address], now: datetime) -> int:
    """Add a message of this kind and cause for each address that had none; return how many were added."""
    added: list[dict[str, object]] = []

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        _lock(cursor, now)
        cursor.execute(_KNOWN_ADDRESSES, [notice.team_id, notice.kind, notice.cause])
        known = set(cursor.fetchall())
        added[:] = _rows(notice, [one for one in addresses if (one.channel, one.address) not in known], now)
        apply(cursor, Merge(schema.messages, schema.frame(schema.messages, added)))

    warehouse.transact(work)
    return len(added)


def has_waiting(warehouse: Warehouse, now: datetime) -> bool:
    """Return whether a message waits that no process is sending."""
    return warehouse.read_one(f"SELECT 1 AS found {_WAITING} LIMIT 1", [now - CLAIM]) is not None


def is_told(warehouse: Warehouse, team_id: str, kind: str) -> bool:
    """Return whether people know of a problem that stands: of this kind, or that the team's runs fail.

    They do not know it while a message of it waits.
    """
    return warehouse.read_one(_TOLD, [team_id, kind, team_id, kind]) is not None


def claim_messages(warehouse: Warehouse, channels: Sequence[str], now: datetime) -> list[Message]:
    """Claim messages that wait for one of the channels, at most 50: those least often tried, of these the oldest."""
    owner = uuid4().hex

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        _lock(cursor, now)
        cursor.execute(_CLAIM, [now, owner, now - CLAIM, list(channels), BATCH])

    warehouse.transact(work)
    rows = warehouse.read(_CLAIMED, [owner])
    return [_message(row) for row in rows.to_dicts()]


def note_result(warehouse: Warehouse, results: Sequence[tuple[Message, str | None]], now: datetime) -> None:
    """Store for each claimed message whether it was sent (None), or why not. After a week it is given up."""
    rows = [_result(message, error, now) for message, error in results]
    if rows:
        commit(warehouse, Merge(schema.messages, schema.frame(schema.messages, rows, rows[0])))


def _result(message: Message, error: str | None, now: datetime) -> dict[str, object]:
    is_old = now - message.created_at > GIVE_UP_AFTER
    state = "sent" if error is None else "given_up" if is_old else "waiting"
    return {
        "id": message.id,
        "state": state,
        "tries": message.tries + 1,
        "tried_at": now,
        "error": error,
        "sent_at": now if error is None else None,
        "claimed_at": None,
        "claimed_by": None,
    }


def _rows(notice: Notice, addresses: Sequence[Address], now: datetime) -> list[dict[str, object]]:
    return [
        {
            "id": uuid4().hex,
            "team_id": notice.team_id,
            "kind": notice.kind,
            "cause": notice.cause,
            "channel": one.channel,
            "address": one.address,
            "facts": json.dumps(notice.facts),
            "state": "waiting",
            "created_at": now,
            "tries": 0,
        }
        for one in addresses
    ]


def _message(row: dict[str, object]) -> Message:
    made = {name: row[name] for name in ("id", "team_id", "kind", "cause", "created_at", "tries")}
    to = Address(str(row["channel"]), str(row["address"]))
    return Message(**made, to=to, facts=json.loads(str(row["facts"])))  # type: ignore[arg-type]


def _lock(cursor: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Rewrite the row that lets one process at a time decide what is sent."""
    cursor.execute("UPDATE locks SET taken_at = ? WHERE name = 'messages'", [now])


def _select_new(warehouse: Warehouse, found: Sequence[Event]) -> list[Event]:
    with warehouse.cursor() as cursor:
        return _without_known(cursor, found)


def _without_known(cursor: duckdb.DuckDBPyConnection, found: Sequence[Event]) -> list[Event]:
    known = cursor.execute(
        "SELECT id FROM events WHERE id IN (SELECT unnest(?::VARCHAR[]))", [[one.id for one in found]]
    )
    ids = {row[0] for row in known.fetchall()}
    return [event for event in found if event.id not in ids]


def _has_tokens(warehouse: Warehouse) -> bool:
    """Return whether a problem of a token stands: it ends when no event shows it any more."""
    sql = "SELECT 1 AS found FROM problems WHERE kind = 'token' AND ended_at IS NULL LIMIT 1"
    return warehouse.read_one(sql) is not None


def _read_problems(cursor: duckdb.DuckDBPyConnection) -> list[Problem]:
    rows: pl.DataFrame = cursor.execute("SELECT * FROM problems WHERE ended_at IS NULL").pl()
    return [Problem(**{**row, "facts": json.loads(row["facts"])}) for row in rows.to_dicts()]


def _writes(
    fresh: Sequence[Event], changed: Sequence[Problem], messages: Sequence[dict[str, object]], now: datetime
) -> list[Write]:
    """Return the rows to write: of tables in which nothing changes, none."""
    noted = [
        {
            "id": event.id,
            "team_id": event.team_id,
            "name": event.name,
            "happened_at": event.at,
            "noted_at": now,
            "payload": json.dumps(event.payload()),
        }
        for event in fresh
    ]
    problems = [{**vars(one), "facts": json.dumps(one.facts)} for one in changed]
    tables = ((schema.events, noted), (schema.problems, problems), (schema.messages, messages))
    return [Merge(table, schema.frame(table, rows)) for table, rows in tables if rows]


_TOLD = """
SELECT 1 AS found FROM problems
WHERE team_id = ? AND kind IN (?, 'failed') AND ended_at IS NULL AND told_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM messages WHERE team_id = ? AND kind IN (?, 'failed') AND state = 'waiting')
LIMIT 1
"""
_KNOWN_ADDRESSES = "SELECT channel, address FROM messages WHERE team_id = ? AND kind = ? AND cause = ?"
_WAITING = "FROM messages WHERE state = 'waiting' AND (claimed_at IS NULL OR claimed_at < ?)"
_CLAIMED = "SELECT * FROM messages WHERE claimed_by = ? ORDER BY tries, created_at, address, id"
_CLAIM = f"""
UPDATE messages SET claimed_at = ?, claimed_by = ?
WHERE id IN (SELECT id {_WAITING} AND channel IN (SELECT unnest(?::VARCHAR[])) ORDER BY tries, created_at, id LIMIT ?)
"""  # noqa: S608
