"""Candidates for the analysis: pull requests that may be pending, with all that the analysis reads of them.

A pull request is pending if it has no row, if it was analysed with another version of the prompt, the schema or the
model or with another text, or if it failed in fewer than MAX_FAILED_RUNS runs. The results of the rules are
updated without a request to the model.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from tasks.llm.prompt.answer_schema import SCHEMA_VERSION
from tasks.llm.prompt.prompt import PROMPT_VERSION, Prompt, make_prompt, make_prompt_version
from tasks.llm.rules.pull_request import ChangedFile, Commit, PullRequest, Reviewer
from tasks.llm.rules.rules import RULES_VERSION, RuleResults, apply_rules
from tasks.llm.rules.signatures import Signatures, load_signatures
from tasks.llm.rules.team_signatures import make_team_signatures
from warehouse.connection import Warehouse
from warehouse.windows import Phase

MAX_FAILED_RUNS = 3

# Columns of pr_analysis that say whether an answer is current, and those of the rules. They are listed, and few, since
# DuckLake takes some 9 ms of CPU for each column of a query, however few its rows.
STATE_COLUMNS = (
    "pull_request_id",
    "status",
    "source",
    "prompt_version",
    "schema_version",
    "model",
    "input_hash",
    "failed_runs",
    "run_id",
)
RULE_COLUMNS = (
    "is_bot",
    "is_revert",
    "reverts_number",
    "is_hotfix",
    "size_bucket",
    "size_lines",
    "languages",
    "is_ai_reviewed",
    "rules_version",
    "ai_level",
    "ai_tool",
    "ai_evidence",
    "ai_evidence_kind",
    "work_type",
    "work_type_source",
    "work_type_by_rule",
    "work_type_by_model",
    "confidence",
    "summary",
    "risk",
)

Row = dict[str, Any]

T = TypeVar("T")


@dataclass(frozen=True)
class Versions:
    """Versions that an answer was made with; it is stale if one of them has changed."""

    model: str
    prompt: str = PROMPT_VERSION
    schema: str = SCHEMA_VERSION
    rules: str = RULES_VERSION

    def of_team(self, warehouse: Warehouse, team_id: str) -> "Versions":
        """Return the versions under the team's settings: other signs of AI assistance are other rules."""
        settings = warehouse.read("SELECT name, value FROM team_settings WHERE team_id = ?", [team_id])
        version = make_team_signatures(settings.iter_rows()).version
        return replace(self, rules=self.rules.replace(load_signatures().version, version))

    def in_language(self, language: str) -> "Versions":
        """Return the versions with summaries in `language`: another language is another prompt."""
        return replace(self, prompt=make_prompt_version(language))


@dataclass(frozen=True)
class StoredAnalysis:
    """The row of `pr_analysis` that a pull request has already."""

    row: Row

    def is_answered(self, prompt: Prompt, versions: Versions) -> bool:
        """Return True if no further answer is to be requested for this input."""
        same_input = (
            self.row["source"] == "llm"
            and self.row["prompt_version"] == versions.prompt
            and self.row["schema_version"] == versions.schema
            and self.row["model"] == versions.model
            and self.row["input_hash"] == prompt.input_hash
        )
        return bool(same_input and (self.row["status"] != "failed" or self.row["failed_runs"] >= MAX_FAILED_RUNS))

    def matches(self, row: Row) -> bool:
        """Return True if the results of the rules have not changed."""
        return all(self.row[name] == row[name] for name in (*RULE_COLUMNS, "status", "source") if name in row)

    def work_type_by_model(self) -> tuple[str | None, str | None]:
        """Return the model's work type and its confidence; rows of older versions kept only the final work type."""
        row = self.row
        final = row["work_type"] if row["work_type_source"] == "llm" else None
        return row["work_type_by_model"] or final, row["confidence"]

    def failed_runs_on(self, prompt: Prompt, run_id: str) -> int:
        """Return in how many other runs this same input has failed."""
        if self.row["status"] != "failed" or self.row["input_hash"] != prompt.input_hash:
            return 0
        return max(int(self.row["failed_runs"] or 0) - int(self.row["run_id"] == run_id), 0)


@dataclass(frozen=True)
class Candidate:
    """One pull request with the results of the rules, the prompt for a model, and the analysis already stored."""

    pull_request: PullRequest
    rules: RuleResults
    prompt: Prompt
    stored: StoredAnalysis | None

    def needs_model(self, versions: Versions) -> bool:
        if self.rules.answer is not None:
            return False
        return self.stored is None or not self.stored.is_answered(self.prompt, versions)


def read_candidate_ids(warehouse: Warehouse, team_id: str, phase: Phase, versions: Versions) -> list[str]:
    """Read the ids of the team's pull requests up to `phase` that may be pending: newest first, those that failed last.

    Whether the text has changed is known only once it is read.
    """
    parameters = [team_id, phase, team_id, versions.rules, versions.prompt, versions.schema, versions.model]
    return warehouse.read(_CANDIDATES, [*parameters, MAX_FAILED_RUNS])["id"].to_list()


# Ten minutes of tolerance, since fetched_at is by GitHub's clock and analysed_at by ours.
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
ORDER BY coalesce(a.status = 'failed', false), p.updated_at DESC, p.id
"""


def read_candidates(warehouse: Warehouse, ids: Sequence[str], max_bytes: int) -> list[Candidate]:
    """Read these pull requests and apply the rules to them, in the order of `ids`."""
    files = _grouped(warehouse, _FILES, ids, lambda r: ChangedFile(r["path"], r["additions"] or 0, r["deletions"] or 0))
    commits = _grouped(warehouse, _COMMITS, ids, _commit)
    reviewers = _grouped(warehouse, _REVIEWERS, ids, lambda r: Reviewer(r["author_login"], r["author_kind"]))
    signatures = read_team_signatures(warehouse, ids[0]) if ids else None
    stored = read_stored_analyses(warehouse, ids, (*STATE_COLUMNS, *RULE_COLUMNS))
    rows = {row["id"]: row for row in warehouse.read(_PULL_REQUESTS, [ids]).iter_rows(named=True)}
    return [
        _candidate(
            _pull_request(rows[id_], files[id_], commits[id_], reviewers[id_]), stored.get(id_), max_bytes, signatures
        )
        for id_ in ids
        if id_ in rows
    ]


def read_team_signatures(warehouse: Warehouse, pull_request_id: str) -> Signatures:
    """Read the signatures of the team that the pull request belongs to."""
    return make_team_signatures(warehouse.read(_TEAM_SETTINGS, [pull_request_id]).iter_rows())


def read_stored_analyses(
    warehouse: Warehouse, ids: Sequence[str], columns: Sequence[str] = STATE_COLUMNS
) -> dict[str, StoredAnalysis]:
    """Read the rows of `pr_analysis` by pull request; those without a row are left out."""
    sql = f"SELECT {', '.join(columns)} FROM pr_analysis WHERE pull_request_id IN (SELECT unnest(?))"  # noqa: S608
    return {row["pull_request_id"]: StoredAnalysis(row) for row in warehouse.read(sql, [ids]).iter_rows(named=True)}


_TEAM_SETTINGS = """
SELECT s.name, s.value FROM team_settings s JOIN pull_requests p ON p.team_id = s.team_id
WHERE p.id = ? AND s.name LIKE 'ai-%'
"""
_PULL_REQUESTS = """
SELECT p.id, p.number, p.title, p.body, p.author_login, p.author_kind, p.head_ref, p.labels, p.additions, p.deletions,
       p.created_at, who.is_bot
FROM pull_requests p
LEFT JOIN people who
    ON who.team_id = p.team_id AND who.account_id = coalesce(p.author_id, '@' || lower(p.author_login))
WHERE p.id IN (SELECT unnest(?))
"""
_FILES = """
SELECT pull_request_id, path, additions, deletions FROM files
WHERE pull_request_id IN (SELECT unnest(?)) ORDER BY path
"""
_COMMITS = """
SELECT pull_request_id, headline, author_login, author_name, trailers, author_email_domain FROM commits
WHERE pull_request_id IN (SELECT unnest(?)) ORDER BY position
"""
_REVIEWERS = """
SELECT DISTINCT pull_request_id, author_login, author_kind FROM (
    SELECT pull_request_id, author_login, author_kind FROM reviews
    UNION ALL SELECT pull_request_id, author_login, author_kind FROM review_comments
    UNION ALL SELECT pull_request_id, author_login, author_kind FROM comments)
WHERE pull_request_id IN (SELECT unnest(?)) AND author_login IS NOT NULL ORDER BY author_login
"""


def _grouped(warehouse: Warehouse, sql: str, ids: Sequence[str], make: Callable[[Row], T]) -> dict[str, list[T]]:
    grouped: dict[str, list[T]] = defaultdict(list)
    for row in warehouse.read(sql, [ids]).iter_rows(named=True):
        grouped[row["pull_request_id"]].append(make(row))
    return grouped


def _commit(row: Row) -> Commit:
    trailers = tuple(row["trailers"] or ())
    return Commit(row["headline"] or "", row["author_login"], row["author_name"], trailers, row["author_email_domain"])


def _pull_request(
    row: Row, files: Iterable[ChangedFile], commits: Iterable[Commit], reviewers: Iterable[Reviewer]
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


def _candidate(
    pull_request: PullRequest, stored: StoredAnalysis | None, max_bytes: int, signatures: Signatures | None
) -> Candidate:
    return Candidate(pull_request, apply_rules(pull_request, signatures), make_prompt(pull_request, max_bytes), stored)
