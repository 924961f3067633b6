"""Rows of earlier versions name accounts by login alone: which items to ask GitHub for, and the ids written back.

A login does not tell who it was: its owner may have been renamed, and somebody else may have taken it. So GitHub is
asked who wrote an item, not who has a login. The oldest and the newest item of each login are asked for; only if they
are by different accounts, every item is.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.identity.logins import NAMED_COLUMNS, NamedColumn
from warehouse.identity.sighting import Sighting, account_row
from warehouse.metrics.accounts.people import bot_reason
from warehouse.store import Merge, Replace, commit

ASSIGNEE, COMMIT_AUTHOR = "assignee", "commit author"
TEAM = "Team"
OF_PULL_REQUESTS = frozenset({ASSIGNEE, COMMIT_AUTHOR})
"""Roles that are read from a connection of the pull request; the others are fields of the item."""


@dataclass(frozen=True)
class Naming:
    """A row that names an account by login, in lower case. `role` is GitHub's field of the item, or one of the above.

    `oid` is the hash of the commit, for COMMIT_AUTHOR; the login again for ASSIGNEE, of which there are several.
    """

    login: str
    role: str
    item: str
    oid: str | None = None


@dataclass(frozen=True)
class ReviewRequests:
    """The names of those asked for a review of a pull request, without their ids."""

    pull_request_id: str
    names: tuple[str, ...]


def read_namings(warehouse: Warehouse, team_id: str, missing: Collection[str]) -> list[Naming]:
    """Return the oldest and the newest naming of each login without an id; not of the items in `missing`."""
    rows = warehouse.read(_SAMPLES, {"team": team_id, "missing": list(missing)})
    return [Naming(*row) for row in rows.iter_rows()]


def read_namings_of(warehouse: Warehouse, team_id: str, logins: Collection[str]) -> list[Naming]:
    """Return all namings of these logins without an id."""
    rows = warehouse.read(_ALL, {"team": team_id, "logins": list(logins)})
    return [Naming(*row) for row in rows.iter_rows()]


def read_review_requests(warehouse: Warehouse, team_id: str) -> list[ReviewRequests]:
    """Return the pull requests with review requests that have no ids."""
    rows = warehouse.read(_REQUESTS, [team_id])
    return [ReviewRequests(key, tuple(names)) for key, names in rows.iter_rows()]


def write_ids(
    warehouse: Warehouse,
    team_id: str,
    by_login: Mapping[str, Sighting],
    by_naming: Mapping[Naming, Sighting],
    requests: Mapping[str, Sequence[str | None]],
    now: datetime,
) -> None:
    """Write ids into the rows that lack them, in one transaction, with the accounts and their rows of `people`.

    `by_login` are logins that always were one account, `by_naming` single rows of the others, `requests` the ids of
    review requests by pull request.
    """
    _write_accounts(warehouse, team_id, by_login, by_naming, now)
    logins = pl.DataFrame({"login": list(by_login), "id": [one.id for one in by_login.values()]}, schema=_TEXT_PAIR)
    rows = [(each.role, each.item, each.oid, one.id) for each, one in by_naming.items()]
    items = pl.DataFrame(rows, schema=dict.fromkeys(("role", "item", "oid", "id"), pl.String()), orient="row")
    asked = pl.DataFrame(
        {"pull_request_id": list(requests), "ids": [list(ids) for ids in requests.values()]},
        schema={"pull_request_id": pl.String(), "ids": pl.List(pl.String())},
    )

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        for name, frame in (("by_login", logins), ("by_naming", items), ("asked", asked)):
            cursor.register(name, frame.to_arrow())
        for statement in _statements():
            cursor.execute(statement, {"team": team_id} if "$team" in statement else None)
        for name in ("by_login", "by_naming", "asked"):
            cursor.unregister(name)

    warehouse.transact(work)


def note_accounts_read(warehouse: Warehouse, team_id: str, now: datetime) -> None:
    """Record that the logins of all accounts were read."""
    row = {"team_id": team_id, "accounts_read_at": now}
    commit(warehouse, Merge(schema.teams, schema.frame(schema.teams, [row], row)))


def _write_accounts(
    warehouse: Warehouse,
    team_id: str,
    by_login: Mapping[str, Sighting],
    by_naming: Mapping[Naming, Sighting],
    now: datetime,
) -> None:
    """Store the accounts with their logins, those of the stored rows among them, and their rows of `people`."""
    pairs = [*by_login.items(), *((naming.login, one) for naming, one in by_naming.items())]
    people = list(dict.fromkeys((login, one) for login, one in pairs if one.kind != TEAM))
    accounts = {one.id: account_row(team_id, one) for _, one in people}
    logins = {(one.id, one.login): _login(team_id, one.id, one.login, None) for _, one in people} | {
        (one.id, login): _login(team_id, one.id, login, now) for login, one in people if login != one.login.lower()
    }
    writes = [
        Merge(table, schema.frame(table, list(rows.values())))
        for table, rows in ((schema.accounts, accounts), (schema.account_logins, logins))
        if rows
    ]
    commit(warehouse, *writes, *_rekey_people(warehouse, team_id, people))


def _rekey_people(warehouse: Warehouse, team_id: str, people: Sequence[tuple[str, Sighting]]) -> list[Replace]:
    """Key the stored rows of `people` by id; of a login that several accounts had, a decision is the last one's."""
    stored = {row["account_id"]: row for row in warehouse.read(_PEOPLE, [team_id]).to_dicts()}
    rows: dict[str, dict[str, object]] = {}
    for login, one in people:
        before = stored.get(f"@{login}")
        known = stored.get(one.id, {})
        if before is None or known.get("decided_at") is not None:
            continue
        last = next(account for name, account in reversed(people) if name == login)
        rows[one.id] = before | {"account_id": one.id, "login": one.login} if last == one else _by_rules(team_id, one)
    gone = [f"@{login}" for login, _ in people] + list(rows)
    frame = schema.frame(schema.people, list(rows.values()))
    return [Replace(schema.people, frame, {"team_id": team_id, "account_id": gone})] if rows else []


def _by_rules(team_id: str, one: Sighting) -> dict[str, object]:
    reason = bot_reason(one.login, one.kind)
    row = dict.fromkeys(schema.polars_schema(schema.people))
    return row | {
        "team_id": team_id,
        "account_id": one.id,
        "login": one.login,
        "kind": one.kind,
        "is_bot": reason is not None,
        "bot_reason": reason,
    }


def _login(team_id: str, account_id: str, login: str, until: datetime | None) -> dict[str, object]:
    """Return a row of `account_logins`; since when the account had a login of old rows is not known."""
    return {"team_id": team_id, "account_id": account_id, "login": login, "since": None, "until": until}


_TEXT_PAIR = {"login": pl.String(), "id": pl.String()}
_PEOPLE = "SELECT * FROM people WHERE team_id = ?"
_REQUESTS = """
SELECT id, requested_reviewers FROM pull_requests
WHERE team_id = ? AND requested_reviewer_ids IS NULL AND len(requested_reviewers) > 0 ORDER BY id
"""
_REVIEWER_KINDS = "kind IN ('ReviewRequested', 'ReviewRequestRemoved')"

# Role, column and time of each pair of columns whose rows are items of their own. What names nobody has no login.
_ROLES: dict[tuple[str, str], tuple[str, str]] = {
    ("pull_requests", "author_login"): ("author", "created_at"),
    ("pull_requests", "merged_by_login"): ("mergedBy", "merged_at"),
    ("reviews", "author_login"): ("author", "submitted_at"),
    ("review_comments", "author_login"): ("author", "created_at"),
    ("comments", "author_login"): ("author", "created_at"),
    ("timeline_events", "actor_login"): ("actor", "created_at"),
    ("timeline_events", "subject"): ("requestedReviewer", "created_at"),
    ("releases", "author_login"): ("author", "created_at"),
    ("deployments", "creator_login"): ("creator", "created_at"),
}


def _item_columns() -> list[tuple[NamedColumn, str, str]]:
    return [(each, *_ROLES[each.table, each.login]) for each in NAMED_COLUMNS if (each.table, each.login) in _ROLES]


# Names of tables and columns are constants; values are bound.
def _named() -> str:
    """Return the query of all rows that name an account without its id."""
    parts = [
        f"SELECT {each.login} AS login, '{role}' AS role, id AS item, NULL AS oid, {at} AS named_at, "  # noqa: S608
        "false AS is_indirect "
        f"FROM {each.table} WHERE team_id = $team AND {each.id} IS NULL"
        + (f" AND {_REVIEWER_KINDS}" if each.login == "subject" else "")
        for each, role, at in _item_columns()
    ]
    parts += [
        f"SELECT author_login, '{COMMIT_AUTHOR}', pull_request_id, oid, committed_at, true FROM commits "  # noqa: S608
        "WHERE team_id = $team AND author_id IS NULL",
        f"SELECT unnest(assignees), '{ASSIGNEE}', id, lower(unnest(assignees)), updated_at, true FROM pull_requests "  # noqa: S608
        "WHERE team_id = $team AND assignee_ids IS NULL",
    ]
    every = " UNION ALL ".join(parts)
    return f"SELECT * REPLACE (lower(login) AS login) FROM ({every}) WHERE login <> 'ghost'"  # noqa: S608


_SAMPLES = f"""
SELECT login, role, item, oid FROM ({_named()}) WHERE item NOT IN (SELECT unnest($missing::VARCHAR[]))
QUALIFY row_number() OVER (PARTITION BY login ORDER BY is_indirect, named_at, item, role) = 1
     OR row_number() OVER (PARTITION BY login ORDER BY is_indirect, named_at DESC, item, role) = 1
ORDER BY login, named_at
"""  # noqa: S608
_ALL = f"""
SELECT login, role, item, oid FROM ({_named()}) WHERE login IN (SELECT unnest($logins::VARCHAR[]))
ORDER BY login, named_at
"""  # noqa: S608


def _statements() -> list[str]:
    """Return the updates of all tables from `by_login`, `by_naming` and `asked`."""
    found = [
        f"UPDATE {each.table} SET {each.id} = known.id FROM by_login AS known "  # noqa: S608
        f"WHERE {each.table}.team_id = $team AND {each.id} IS NULL AND known.login = lower({each.table}.{each.login})"
        + (f" AND {_REVIEWER_KINDS}" if each.login == "subject" else "")
        for each in NAMED_COLUMNS
        if not each.is_list and each.table not in {"people", "team_members"}
    ]
    found += [
        f"UPDATE {each.table} SET {each.id} = known.id FROM by_naming AS known "  # noqa: S608
        f"WHERE {each.table}.team_id = $team AND {each.id} IS NULL AND known.item = {each.table}.id "
        f"AND known.role = '{role}'"
        for each, role, _ in _item_columns()
    ]
    return [*found, _COMMITS, _ASSIGNEES, _ASKED]


_COMMITS = f"""
UPDATE commits SET author_id = known.id FROM by_naming AS known
WHERE commits.team_id = $team AND commits.author_id IS NULL AND known.role = '{COMMIT_AUTHOR}'
  AND known.item = commits.pull_request_id AND known.oid = commits.oid
"""  # noqa: S608
_ASSIGNEES = f"""
UPDATE pull_requests SET assignee_ids = named.ids FROM (
    SELECT listed.item, list(coalesce(of_item.id, of_login.id) ORDER BY place) AS ids FROM (
        SELECT id AS item, lower(unnest(assignees)) AS login, generate_subscripts(assignees, 1) AS place
        FROM pull_requests WHERE team_id = $team AND assignee_ids IS NULL
    ) AS listed
    LEFT JOIN by_login AS of_login USING (login)
    LEFT JOIN by_naming AS of_item
        ON of_item.role = '{ASSIGNEE}' AND of_item.item = listed.item AND of_item.oid = listed.login
    GROUP BY listed.item HAVING bool_and(coalesce(of_item.id, of_login.id) IS NOT NULL)
) AS named
WHERE pull_requests.id = named.item
"""  # noqa: S608
_ASKED = """
UPDATE pull_requests SET requested_reviewer_ids = asked.ids FROM asked
WHERE pull_requests.id = asked.pull_request_id AND pull_requests.requested_reviewer_ids IS NULL
"""
