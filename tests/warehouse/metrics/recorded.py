"""Reads recorded pull requests as `Facts`."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl

from tests.recorded_data import SECP256K1
from warehouse.metrics.facts import COLUMNS, Facts
from warehouse.read_facts import facts_schema

AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)
HISTORY_FROM = datetime(2014, 3, 1, tzinfo=UTC)

KINDS = {
    "ready_for_review": "ReadyForReview",
    "convert_to_draft": "ConvertToDraft",
    "head_ref_force_pushed": "HeadRefForcePushed",
    "closed": "Closed",
    "reopened": "Reopened",
    "merged": "Merged",
    "labeled": "Labeled",
}
Row = dict[str, Any]


def read_secp256k1(history_from: datetime = HISTORY_FROM) -> Facts:
    """Read the 1,308 pull requests of bitcoin-core/secp256k1; weeks are computed from `history_from` on."""
    rows: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    rows["repositories"].append({
        "id": "R1", "full_name": "bitcoin-core/secp256k1", "sync_status": "done",
        "watermark_at": AS_OF, "history_from": history_from,
    })  # fmt: skip
    with gzip.open(SECP256K1, "rt") as lines:
        for line in lines:
            _add(rows, json.loads(line))
    frames = {name: pl.DataFrame(rows[name], schema=facts_schema(name)) for name in COLUMNS}
    return Facts(team_id="bitcoin-core", timezone="UTC", has_people_views=False, **frames)


def _add(rows: dict[str, list[Row]], recorded: Row) -> None:
    pull, key = recorded["pull"], {"pull_request_id": recorded["pull"]["node_id"]}
    rows["pull_requests"].append(_pull_request(pull))
    for comment in recorded["comments"]:
        rows["review_comments"].append(key | _author(comment) | {"created_at": _time(comment["created_at"])})
    for table, row in _events(recorded["events"]):
        rows[table].append(key | row)


def _pull_request(pull: Row) -> Row:
    state = "MERGED" if pull.get("merged_at") else pull["state"].upper()
    return {
        "id": pull["node_id"], "repository_id": "R1", "number": pull["number"], "title": pull["title"],
        "body": pull.get("body"), "state": state, "is_draft": pull.get("draft", False),
        "created_at": _time(pull["created_at"]), "updated_at": _time(pull["updated_at"]),
        "merged_at": _time(pull.get("merged_at")), "closed_at": _time(pull.get("closed_at")),
        "additions": pull["additions"], "deletions": pull["deletions"], "head_ref": pull["head"]["ref"],
        "is_complete": True,
    } | _author(pull)  # fmt: skip


def _events(events: list[Row]) -> Iterator[tuple[str, Row]]:
    for event in events:
        kind = event.get("event")
        if kind == "committed":
            times = {"authored_at": _time(event["author"]["date"]), "committed_at": _time(event["committer"]["date"])}
            yield "commits", times
        elif kind == "commented":
            yield "comments", _author(event) | {"created_at": _time(event["created_at"])}
        elif kind == "reviewed":
            review = {"id": event["node_id"], "state": event["state"].upper(), "body": event.get("body") or None}
            yield "reviews", _author(event) | review | {"submitted_at": _time(event["submitted_at"])}
        elif kind in KINDS:
            yield "timeline_events", {"kind": KINDS[kind], "created_at": _time(event["created_at"])}


def _author(record: Row) -> Row:
    user = record.get("user")
    if user is None:
        return {"author_id": "@ghost", "author_login": "ghost", "author_kind": "Ghost"}
    return {"author_id": user["node_id"], "author_login": user["login"], "author_kind": user["type"]}


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
