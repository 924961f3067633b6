"""The pull requests of one drawn organisation.

Each has three reviews, three commits, two comments, two comments on lines and two files, over 400 days in 50
repositories. No pull request is left out, landed by a bot or a release.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from warehouse.metrics.facts import COLUMNS, Facts
from warehouse.read_facts import facts_schema

AS_OF = datetime(2026, 8, 3, 12, tzinfo=UTC)
DAYS, REPOSITORIES, PEOPLE = 400, 50, 400
FIRST = AS_OF - timedelta(days=DAYS)
HOUR = 3_600_000_000
SHARE_OPEN, SHARE_CLOSED, SHARE_OF_BOTS, SHARE_DRAFTS = 0.08, 0.07, 0.1, 0.2
STATES = ("APPROVED", "COMMENTED", "CHANGES_REQUESTED")
WORK_TYPES = ("feature", "bugfix", "docs", "chore")
LEVELS = ("none", "none", "assisted", "authored")
TEN = (
    "opened_prs",
    "merged_prs",
    "cycle_time_p50_hours",
    "cycle_time_p75_hours",
    "cycle_time_p90_hours",
    "coding_p50_hours",
    "pickup_p50_hours",
    "review_p50_hours",
    "merge_p50_hours",
    "reviewed_share",
)


class Drawing:
    """Draws the facts of `count` pull requests."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.random = np.random.default_rng(7)
        self.ids = np.char.add("PR_", np.arange(count).astype(str))
        start = int(FIRST.timestamp() * 1e6)
        self.opened = start + (self.random.random(count) * DAYS * 24 * HOUR).astype(np.int64)
        fate = self.random.random(count)
        ends = self.opened + (self.random.lognormal(3.2, 1.2, count) * HOUR).astype(np.int64)
        is_open = (fate < SHARE_OPEN) | (ends > int(AS_OF.timestamp() * 1e6))
        self.closed = np.where(is_open, np.int64(-1), ends)
        self.merged = np.where(fate < SHARE_OPEN + SHARE_CLOSED, np.int64(-1), self.closed)
        self.authors = self.random.integers(0, PEOPLE, count)

    def make(self) -> Facts:
        frames = {name: pl.DataFrame(schema=facts_schema(name)) for name in COLUMNS}
        frames |= {
            "repositories": self._repositories(),
            "pull_requests": self._pull_requests(),
            "reviews": self._events("reviews", 3, "submitted_at"),
            "commits": self._events("commits", 3, "committed_at"),
            "comments": self._events("comments", 2, "created_at"),
            "review_comments": self._events("review_comments", 2, "created_at"),
            "timeline_events": self._drafts(),
            "files": self._files(),
            "pr_analysis": self._analysis(),
        }
        return Facts("acme", "Europe/Berlin", has_people_views=False, **frames)  # type: ignore[arg-type]

    def _frame(self, name: str, columns: Mapping[str, object]) -> pl.DataFrame:
        types = facts_schema(name)
        missing = [pl.lit(None, dtype=types[each]).alias(each) for each in types if each not in columns]
        frame = pl.DataFrame(columns).with_columns(missing)
        return frame.select(pl.col(each).cast(kind) for each, kind in types.items())

    def _repositories(self) -> pl.DataFrame:
        names = [f"R{index}" for index in range(REPOSITORIES)]
        known = {"history_from": [FIRST] * REPOSITORIES, "watermark_at": [AS_OF] * REPOSITORIES}
        return self._frame("repositories", {"id": names, "full_name": names, "default_branch": "main", **known})

    def _pull_requests(self) -> pl.DataFrame:
        bots = self.random.random(self.count) < SHARE_OF_BOTS
        login = np.where(bots, "renovate", np.char.add("p", self.authors.astype(str)))
        columns = {
            "id": self.ids,
            "repository_id": np.char.add("R", self.random.integers(0, REPOSITORIES, self.count).astype(str)),
            "number": np.arange(self.count) + 1,
            "title": np.char.add("Change ", np.arange(self.count).astype(str)),
            "author_id": login,
            "author_login": login,
            "author_kind": np.where(bots, "Bot", "User"),
            "is_draft": np.zeros(self.count, dtype=bool),
            "created_at": _times(self.opened),
            "updated_at": _times(np.where(self.closed < 0, int(AS_OF.timestamp() * 1e6), self.closed)),
            "merged_at": _times(self.merged),
            "closed_at": _times(self.closed),
            "additions": self.random.integers(1, 500, self.count),
            "deletions": self.random.integers(0, 200, self.count),
            "changed_files": np.full(self.count, 2),
            "head_ref": np.char.add("topic-", np.arange(self.count).astype(str)),
            "base_ref": "main",
            "is_complete": np.ones(self.count, dtype=bool),
        }
        state = (
            pl.when(pl.col("merged_at").is_not_null())
            .then(pl.lit("MERGED"))
            .when(pl.col("closed_at").is_not_null())
            .then(pl.lit("CLOSED"))
            .otherwise(pl.lit("OPEN"))
        )
        return self._frame("pull_requests", columns).with_columns(state=state)

    def _events(self, name: str, each: int, column: str) -> pl.DataFrame:
        total = self.count * each
        opened, closed = np.repeat(self.opened, each), np.repeat(self.closed, each)
        end = np.where(closed < 0, int(AS_OF.timestamp() * 1e6), closed)
        at = opened + (self.random.random(total) * (end - opened)).astype(np.int64)
        person = np.char.add("p", self.random.integers(0, PEOPLE, total).astype(str))
        columns: dict[str, object] = {"pull_request_id": np.repeat(self.ids, each), column: _times(at)}
        if name == "commits":
            columns |= {"authored_at": _times(at - HOUR), "oid": np.char.add("c", np.arange(total).astype(str))}
        else:
            columns |= {"author_id": person, "author_login": person, "author_kind": "User"}
        if name == "reviews":
            states = np.asarray(STATES)[self.random.integers(0, len(STATES), total)]
            columns |= {"id": np.char.add("V", np.arange(total).astype(str)), "state": states}
        return self._frame(name, columns)

    def _drafts(self) -> pl.DataFrame:
        """Draw that a fifth was opened as a draft, and became ready half an hour later."""
        is_draft = self.random.random(self.count) < SHARE_DRAFTS
        columns = {
            "pull_request_id": self.ids[is_draft],
            "kind": "ReadyForReview",
            "created_at": _times(self.opened[is_draft] + HOUR // 2),
        }
        return self._frame("timeline_events", columns)

    def _files(self) -> pl.DataFrame:
        total = 2 * self.count
        path = np.char.add("src/file", self.random.integers(0, 5_000, total).astype(str))
        path[::11] = "package-lock.json"
        lines = self.random.integers(0, 200, total)
        columns = {"pull_request_id": np.repeat(self.ids, 2), "path": path, "additions": lines, "deletions": lines}
        return self._frame("files", columns)

    def _analysis(self) -> pl.DataFrame:
        pick = self.random.integers(0, 4, (2, self.count))
        columns = {
            "pull_request_id": self.ids,
            "work_type": np.asarray(WORK_TYPES)[pick[0]],
            "ai_level": np.asarray(LEVELS)[pick[1]],
            "is_hotfix": np.zeros(self.count, dtype=bool),
        }
        return self._frame("pr_analysis", columns)


def _times(microseconds: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> pl.Series:
    """Return timestamps; a negative number is none."""
    values = pl.Series(microseconds)
    return pl.select(pl.when(values >= 0).then(values).cast(pl.Datetime("us", "UTC"))).to_series()
