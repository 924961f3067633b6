"""Which pull requests are to be read, and what of them is read.

Pending is what has no row; what was read by another version of the prompt, the schema or the model,
or with another text; and what failed in fewer than three runs. What the rules say is brought up to date
without a call.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tasks.llm.prompt.answer_schema import SCHEMA_VERSION
from tasks.llm.prompt.prompt import PROMPT_VERSION, Prompt, make_prompt
from tasks.llm.rules.material import ChangedFile, Commit, PullRequest, Reviewer
from tasks.llm.rules.rules import RULES_VERSION, Ruling, judge
from warehouse.connection import Warehouse
from warehouse.windows import Phase

MAX_FAILED_RUNS = 3

# Columns of pr_analysis: whether an answer still stands, and what the rules said. They are named, and few,
# since DuckLake takes some 9 ms of CPU for each column of a query, however few its rows.
STANDING = (
    "pull_request_id", "status", "source", "prompt_version", "schema_version", "model", "input_hash", "failed_runs",
    "run_id",
)  # fmt: skip
RULED = (
    "is_bot", "is_revert", "reverts_number", "is_hotfix", "size_bucket", "size_lines", "languages", "is_ai_reviewed",
    "rules_version", "ai_level", "ai_tool", "ai_evidence", "work_type", "summary", "risk",
)  # fmt: skip

T = TypeVar("T")


@dataclass(frozen=True)
class Versions:
    """What an answer was made with: another one makes it stale."""

    model: str
    prompt: str = PROMPT_VERSION
    schema: str = SCHEMA_VERSION
    rules: str = RULES_VERSION


@dataclass(frozen=True)
class StoredAnalysis:
    """What `pr_analysis` holds of a pull request already."""

    row: Mapping[str, Any]

    def is_answered(self, prompt: Prompt, versions: Versions) -> bool:
        """True where a model has nothing more to say on this input."""
        same_input = (
            self.row["source"] == "llm"
            and self.row["prompt_version"] == versions.prompt
            and self.row["schema_version"] == versions.schema
            and self.row["model"] == versions.model
            and self.row["input_hash"] == prompt.input_hash
        )
        return bool(same_input and (self.row["status"] != "failed" or self.row["failed_runs"] >= MAX_FAILED_RUNS))

    def says(self, row: Mapping[str, Any]) -> bool:
        """True where the rules said the same before."""
        return all(self.row[name] == row[name] for name in (*RULED, "status", "source") if name in row)

    def failed_runs_on(self, prompt: Prompt, run_id: str) -> int:
        """In how many other runs this very input has failed."""
        if self.row["status"] != "failed" or self.row["input_hash"] != prompt.input_hash:
            return 0
        return int(self.row["failed_runs"] or 0) - int(self.row["run_id"] == run_id)


@dataclass(frozen=True)
class Item:
    """One pull request with what the rules say of it and what a model would be sent."""

    pull_request: PullRequest
    ruling: Ruling
    prompt: Prompt
    known: StoredAnalysis | None

    def needs_model(self, versions: Versions) -> bool:
        if self.ruling.settled is not None:
            return False
        return self.known is None or not self.known.is_answered(self.prompt, versions)


def read_candidates(warehouse: Warehouse, team_id: str, phase: Phase, versions: Versions) -> list[str]:
    """Ids of the team's pull requests of the phases up to `phase` that may be pending, newest first.

    May be: whether the text has changed is known only when it has been read.
    """
    parameters = [team_id, phase, team_id, versions.rules, versions.prompt, versions.schema, versions.model]
    return warehouse.read(_CANDIDATES, [*parameters, MAX_FAILED_RUNS])["id"].to_list()


# Ten minutes: fetched_at is by GitHub's clock, analysed_at by ours.
_CANDIDATES = """
SELECT p.id
FROM pull_requests p
JOIN (SELECT DISTINCT pull_request_id FROM sync_items WHERE team_id = ? AND phase <= ? AND state = 'done') s
  ON s.pull_request_id = p.id
LEFT JOIN pr_analysis a ON a.pull_request_id = p.id
WHERE p.team_id = ?
  AND (a.pull_request_id IS NULL
    OR a.rules_version IS DISTINCT FROM ?
    OR p.fetched_at > a.analysed_at - INTERVAL 10 MINUTE
    OR a.source = 'llm' AND (a.prompt_version, a.schema_version, a.model) IS DISTINCT FROM (?, ?, ?)
    OR a.status = 'failed' AND a.failed_runs < ?)
ORDER BY p.updated_at DESC, p.id
"""


def read_items(warehouse: Warehouse, ids: Sequence[str], input_bytes: int) -> list[Item]:
    """What is known of these pull requests, judged by the rules, in the order of `ids`."""
    files = _grouped(warehouse, _FILES, ids, lambda r: ChangedFile(r["path"], r["additions"] or 0, r["deletions"] or 0))
    commits = _grouped(warehouse, _COMMITS, ids, _commit)
    reviewers = _grouped(warehouse, _REVIEWERS, ids, lambda r: Reviewer(r["author_login"], r["author_kind"]))
    known = read_known(warehouse, ids, (*STANDING, *RULED))
    rows = {row["id"]: row for row in warehouse.read(_PULL_REQUESTS, [ids]).iter_rows(named=True)}
    return [
        _item(_pull_request(rows[one], files[one], commits[one], reviewers[one]), known.get(one), input_bytes)
        for one in ids
        if one in rows
    ]


def read_known(
    warehouse: Warehouse, ids: Sequence[str], columns: Sequence[str] = STANDING
) -> dict[str, StoredAnalysis]:
    """What `pr_analysis` holds of these; those of which it holds nothing are left out."""
    sql = f"SELECT {', '.join(columns)} FROM pr_analysis WHERE pull_request_id IN (SELECT unnest(?))"  # noqa: S608
    return {row["pull_request_id"]: StoredAnalysis(row) for row in warehouse.read(sql, [ids]).iter_rows(named=True)}


_PULL_REQUESTS = """
SELECT p.id, p.number, p.title, p.body, p.author_login, p.author_kind, p.head_ref, p.labels, p.additions, p.deletions,
       p.created_at, who.is_bot
FROM pull_requests p
LEFT JOIN people who ON who.team_id = p.team_id AND who.login = p.author_login
WHERE p.id IN (SELECT unnest(?))
"""
_FILES = """
SELECT pull_request_id, path, additions, deletions FROM files
WHERE pull_request_id IN (SELECT unnest(?)) ORDER BY path
"""
_COMMITS = """
SELECT pull_request_id, headline, author_login, author_name, trailers FROM commits
WHERE pull_request_id IN (SELECT unnest(?)) ORDER BY position
"""
_REVIEWERS = """
SELECT DISTINCT pull_request_id, author_login, author_kind FROM (
    SELECT pull_request_id, author_login, author_kind FROM reviews
    UNION ALL SELECT pull_request_id, author_login, author_kind FROM review_comments
    UNION ALL SELECT pull_request_id, author_login, author_kind FROM comments)
WHERE pull_request_id IN (SELECT unnest(?)) AND author_login IS NOT NULL ORDER BY author_login
"""


def _grouped(
    warehouse: Warehouse, sql: str, ids: Sequence[str], make: Callable[[dict[str, Any]], T]
) -> dict[str, list[T]]:
    grouped: dict[str, list[T]] = defaultdict(list)
    for row in warehouse.read(sql, [ids]).iter_rows(named=True):
        grouped[row["pull_request_id"]].append(make(row))
    return grouped


def _commit(row: dict[str, Any]) -> Commit:
    return Commit(row["headline"] or "", row["author_login"], row["author_name"], tuple(row["trailers"] or ()))


def _pull_request(
    row: dict[str, Any], files: Iterable[ChangedFile], commits: Iterable[Commit], reviewers: Iterable[Reviewer]
) -> PullRequest:
    return PullRequest(
        id=row["id"],
        title=row["title"] or "",
        number=row["number"],
        body=row["body"] or "",
        author_login=row["author_login"] or "",
        author_kind=row["author_kind"] or "",
        is_known_bot=row["is_bot"],
        head_ref=row["head_ref"] or "",
        labels=tuple(row["labels"] or ()),
        additions=row["additions"] or 0,
        deletions=row["deletions"] or 0,
        created_at=row["created_at"],
        files=tuple(files),
        commits=tuple(commits),
        reviewers=tuple(reviewers),
    )


def _item(pull_request: PullRequest, known: StoredAnalysis | None, input_bytes: int) -> Item:
    return Item(pull_request, judge(pull_request), make_prompt(pull_request, input_bytes), known)
