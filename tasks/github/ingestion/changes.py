"""The changes of ingestion: which rows change together. Values for the committer, no I/O."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from tasks.github.api.response import Json
from tasks.github.ingestion.items import Plan
from tasks.github.pull_requests.parse import CHILDREN, Rows, parse_people
from warehouse import schema
from warehouse.committer import Change, DeleteRows, MergeRows, ReplaceRows, StoreRows
from warehouse.progress import Run

MAX_ERROR_LENGTH = 500


@dataclass(frozen=True)
class Outcome:
    """What came of a batch: ids that are stored, ids that GitHub does not have any more, ids that failed and why."""

    done: Sequence[str]
    gone: Sequence[str]
    failed: Mapping[str, str]


def change_plan(plan: Plan, run: Run, repository_id: str, now: datetime) -> list[Change]:
    """A scan's result: pull requests to fetch are pending, those that left the window are dropped."""
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


def change_rows(rows: Rows, answers: Sequence[Json] = ()) -> list[Change]:
    """Pull requests with all that belongs to them; what GitHub does not have any more goes.

    `answers` are the same pull requests as GitHub answered them, where they are to be kept.
    """
    if not rows.pull_requests:
        return []
    ids = [row["id"] for row in rows.pull_requests]
    children = (ReplaceRows(table, rows.children[table.name], "pull_request_id", ids) for table in CHILDREN)
    kept = [ReplaceRows(schema.raw_answers, _parse_raw(rows, answers), "pull_request_id", ids)] if answers else []
    return [StoreRows(schema.pull_requests, rows.pull_requests, "id"), *children, *kept]


def _parse_raw(rows: Rows, answers: Sequence[Json]) -> list[dict[str, Any]]:
    """All pages of a pull request in one."""
    return [
        {
            "pull_request_id": row["id"],
            "team_id": row["team_id"],
            "updated_at": row["updated_at"],
            "fetched_at": row["fetched_at"],
            "answer": zlib.compress(orjson.dumps(answer)),
        }
        for row, answer in zip(rows.pull_requests, answers, strict=True)
    ]


def change_outcome(
    outcome: Outcome,
    run: Run,
    now: datetime,
    attempts: Mapping[str, int],
    unsettled: Mapping[str, Sequence[int]],
) -> list[Change]:
    """The items of a batch; `attempts` are the failed ones so far. What is gone leaves the warehouse.

    What is done is so in the phases that left it `unsettled`, too.
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


def change_people(people: Mapping[str, str], team_id: str, known: set[str]) -> list[Change]:
    """Accounts that are not in `known` yet, which then are: what is there may have been set by a person."""
    new = {login: kind for login, kind in people.items() if login not in known}
    known.update(new)
    return [MergeRows(schema.people, parse_people(new, team_id))] if new else []


def change_repository(repository_id: str, **columns: Any) -> Change:
    """Some columns of one repository."""
    return MergeRows(schema.repositories, [{"id": repository_id, **columns}])


def _item(run: Run, pull_request_id: str, **columns: Any) -> dict[str, Any]:
    return {"pull_request_id": pull_request_id, "phase": run.phase, "run_id": run.run_id, **columns}
