"""Turn the results of ingestion into changes for the committer: which rows change together. No I/O."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from tasks.github.api.response import Json, Row
from tasks.github.ingestion.items import Plan
from tasks.github.pull_requests.accounts import NamedAccounts, parse_people
from tasks.github.pull_requests.parse import CHILDREN, Rows
from warehouse import schema
from warehouse.committer import Change, DeleteRows, MergeRows, ReplaceRows, StoreRows
from warehouse.identity.sightings import sightings_to_changes
from warehouse.progress import Run

MAX_ERROR_LENGTH = 500


@dataclass(frozen=True)
class BatchOutcome:
    """The result of a batch: ids that are stored, ids that no longer exist, and ids that failed, with the reason."""

    done: Sequence[str]
    gone: Sequence[str]
    failed: Mapping[str, str]


def plan_to_changes(plan: Plan, run: Run, repository_id: str, now: datetime) -> list[Change]:
    """Return the changes of `sync_items` after a scan: new ones are pending, those outside the window are deleted."""
    same = {
        "team_id": run.team_id,
        "repository_id": repository_id,
        "run_id": run.run_id,
        "scanned_at": now,
        "error": None,
    }
    changes: list[Change] = []
    if not plan.to_write.is_empty():
        changes.append(MergeRows(schema.sync_items, [row | same for row in plan.to_write.to_dicts()]))
    if plan.to_drop:
        changes.append(DeleteRows(schema.sync_items, "pull_request_id", plan.to_drop, (("phase", run.phase),)))
    return changes


def rows_to_changes(rows: Rows, raw: Sequence[Json] = ()) -> list[Change]:
    """Return the changes that store pull requests with all their rows, in place of the earlier ones.

    `raw` is GitHub's JSON of the same pull requests, if it is to be kept.
    """
    if not rows.pull_requests:
        return []
    ids = [row["id"] for row in rows.pull_requests]
    children = (ReplaceRows(table, rows.children[table.name], "pull_request_id", ids) for table in CHILDREN)
    kept = [ReplaceRows(schema.raw_answers, _raw_rows(rows, raw), "pull_request_id", ids)] if raw else []
    return [StoreRows(schema.pull_requests, rows.pull_requests, "id"), *children, *kept]


def _raw_rows(rows: Rows, raw: Sequence[Json]) -> list[Row]:
    """Return the compressed JSON of each pull request, with all its pages."""
    return [
        {
            "pull_request_id": row["id"],
            "team_id": row["team_id"],
            "updated_at": row["updated_at"],
            "fetched_at": row["fetched_at"],
            "answer": zlib.compress(_to_json(node)),
        }
        for row, node in zip(rows.pull_requests, raw, strict=True)
    ]


def _to_json(node: Json) -> bytes:
    try:
        return orjson.dumps(node)
    except TypeError:  # a lone surrogate, which orjson refuses and ASCII can escape
        return json.dumps(node).encode()


def outcome_to_changes(
    outcome: BatchOutcome,
    run: Run,
    now: datetime,
    attempts: Mapping[str, int],
    unsettled: Mapping[str, Sequence[int]],
) -> list[Change]:
    """Return the changes of `sync_items` after a batch; pull requests that are gone are deleted from all tables.

    `attempts` counts earlier failures by id. `unsettled` names the other phases in which a pull request was not done:
    it is now done there, too.
    """
    done = [
        _item(run, key, state="done", done_at=now, error=None) | {"phase": phase}
        for key in outcome.done
        for phase in (run.phase, *unsettled.get(key, ()))
    ]
    failed = [
        _item(run, key, state="failed", error=error[:MAX_ERROR_LENGTH], attempts=attempts.get(key, 0) + 1)
        for key, error in outcome.failed.items()
    ]
    changes: list[Change] = [MergeRows(schema.sync_items, rows) for rows in (done, failed) if rows]
    if outcome.gone:
        tables = (schema.sync_items, schema.raw_answers, *CHILDREN)
        changes += [DeleteRows(table, "pull_request_id", outcome.gone) for table in tables]
        changes.append(DeleteRows(schema.pull_requests, "id", outcome.gone))
    return changes


def accounts_to_changes(
    accounts: NamedAccounts, team_id: str, people: set[str], logins: dict[str, str], now: datetime
) -> list[Change]:
    """Return the changes that add accounts not in `people`, which may be a person's choice, and new logins.

    Both are updated: `people` holds keys of `people`, `logins` the login of each id.
    """
    new = {key: value for key, value in accounts.participants.items() if key not in people}
    people.update(new)
    changes: list[Change] = [MergeRows(schema.people, parse_people(new, team_id))] if new else []
    return [*changes, *sightings_to_changes(team_id, accounts.seen, logins, now)]


def repository_to_change(repository_id: str, **columns: object) -> Change:
    """Return the change of some columns of one repository."""
    return MergeRows(schema.repositories, [{"id": repository_id, **columns}])


def _item(run: Run, pull_request_id: str, **columns: object) -> Row:
    return {"pull_request_id": pull_request_id, "phase": run.phase, "run_id": run.run_id, **columns}
