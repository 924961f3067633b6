"""A believable organisation, written straight into a warehouse: no GitHub, no model, no flow.

`python tests/dashboard/seed.py HOME [STATE]` makes one to look at. States: complete, partial, syncing,
stalled, failed, phase2_failed, people.
"""

import random
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from warehouse import migrations, schema
from warehouse.connection import Warehouse
from warehouse.insights.evidence import gather_evidence
from warehouse.insights.find import find_insights
from warehouse.insights.lives import merge_known
from warehouse.metrics.accounts.people import account_key, bot_reason
from warehouse.metrics.anchors import measure_pull_requests
from warehouse.metrics.catalogue import compute_catalogue
from warehouse.metrics.weekly import compute_weekly
from warehouse.questions.views import keep_views
from warehouse.read_facts import read_facts
from warehouse.settings import WarehouseSettings
from warehouse.store import Merge, Replace, commit
from warehouse.windows import Phase

TEAM = "northwind"
AS_OF = datetime(2026, 11, 20, 18, tzinfo=UTC)
REPOSITORIES = ("payments-api", "payments-web", "platform-infra", "mobile-sdk", "search-service", "handbook")
PEOPLE = ("ada", "grace", "linus", "mei", "omar", "yukihiro", "frances", "bjarne", "karen", "sofia", "tim", "alan")
VERBS = ("Add", "Fix", "Refactor", "Handle", "Speed up", "Document", "Migrate", "Rework", "Remove", "Bump")
THINGS = (
    "retry on timeout", "webhook signature check", "GraphQL pagination", "login redirect", "null currency",
    "docker base image", "rate limiter", "dark mode tokens", "search ranking weights", "S3 lifecycle rule",
    "feature flag cleanup", "flaky e2e test", "invoice rounding", "OpenTelemetry spans",
)  # fmt: skip
TYPES = {
    "Add": "feature", "Fix": "bugfix", "Refactor": "refactor", "Handle": "bugfix", "Speed up": "performance",
    "Document": "docs", "Migrate": "infra", "Rework": "refactor", "Remove": "chore", "Bump": "dependency",
}  # fmt: skip
ATTACKS = (
    "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>",
    "![pixel](http://evil.example/pixel.png) [click](http://evil.example/) https://evil.example/a www.evil.example",
    "javascript:window.pwned=1 :red[x] :material/delete: $\\text{x}$ mail@evil.example",
    '=HYPERLINK("http://evil.example","open")',
    "\u202egnirts desrever\u202c <iframe src=http://evil.example></iframe>",
)

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Size:
    """How much is made."""

    pull_requests: int = 700
    days: int = 90


class Organisation:
    """Rows of every table, grown from one seed; `as_of` is the timestamp at which they were all fetched."""

    def __init__(self, as_of: datetime = AS_OF, size: Size | None = None, seed: int = 7, attacks: bool = False) -> None:
        self.as_of, self.size, self.random = as_of, size or Size(), random.Random(seed)
        self.attacks = list(ATTACKS) if attacks else []
        self.rows: dict[str, list[dict[str, Any]]] = {
            table: [] for table in ("pull_requests", "reviews", "commits", "comments", "pr_analysis", "sync_items")
        }
        for number in range(1, self.size.pull_requests + 1):
            self._pull_request(number)

    def _pull_request(self, number: int) -> None:
        pick = self.random
        place = pick.choices(range(6), (28, 22, 18, 14, 12, 6))[0]
        age = timedelta(days=self.size.days * (1 - number / self.size.pull_requests) ** 0.9)
        opened = self.as_of - age - timedelta(hours=pick.uniform(0, 20))
        is_bot = pick.random() < 0.08
        author = "renovate" if is_bot else pick.choice(PEOPLE)
        verb = "Bump" if is_bot else pick.choice(VERBS)
        title = (
            self.attacks.pop()
            if self.attacks and number > self.size.pull_requests - 40 and not is_bot
            else (f"{verb} {pick.choice(THINGS)}")
        )
        slow = 2.6 if 24 < age.days < 40 and place < 2 else 1.0
        pickup = timedelta(hours=pick.lognormvariate(1.4, 1.1) * slow)
        reviewing = timedelta(hours=pick.lognormvariate(2.0, 1.0))
        merging = timedelta(hours=pick.lognormvariate(0.6, 1.0))
        reviewed = pick.random() < (0.35 if is_bot else 0.9)
        end = opened + pickup + reviewing + merging
        state = "OPEN" if end > self.as_of or pick.random() < 0.04 else ("CLOSED" if pick.random() < 0.08 else "MERGED")
        updated = min(end if state != "OPEN" else opened + pickup, self.as_of - timedelta(minutes=1))
        lines = int(pick.lognormvariate(4.2, 1.1))
        node = f"PR_{number:05d}"
        self.rows["pull_requests"].append({
            "id": node, "team_id": TEAM, "repository_id": f"R_{place}", "number": number, "title": title,
            "body": "Does what the title says.", "author_login": author, "author_kind": "User", "state": state,
            "is_draft": state == "OPEN" and pick.random() < 0.15, "created_at": opened, "updated_at": updated,
            "merged_at": end if state == "MERGED" else None, "closed_at": end if state != "OPEN" else None,
            "additions": int(lines * 0.7), "deletions": lines - int(lines * 0.7), "changed_files": 1 + lines // 60,
            "base_ref": "main", "head_ref": f"work-{number}", "reviews_count": int(reviewed), "comments_count": 0,
            "commits_count": 1, "review_threads_count": 0,
            "requested_reviewers": ["mei"] if number % 3 == 0 else [], "is_complete": number % 397 != 0,
            "partial_reason": "1 of 3 reviews stored" if number % 397 == 0 else None, "fetched_at": self.as_of,
        })  # fmt: skip
        self.rows["commits"].append({
            "team_id": TEAM, "pull_request_id": node, "oid": f"{number:040x}", "position": 0, "author_login": author,
            "headline": title, "authored_at": opened - timedelta(hours=pick.lognormvariate(2.2, 1.0)),
            "committed_at": opened,
        })  # fmt: skip
        if reviewed and opened + pickup < self.as_of:
            self._reviews(node, author, opened + pickup, opened + pickup + reviewing)
        self._sync_item(node, number, place, updated)
        self._analysis(node, number, verb, is_bot, lines)

    def _reviews(self, node: str, author: str, first: datetime, approval: datetime) -> None:
        reviewer = self.random.choice([name for name in PEOPLE[:7] if name != author])
        events = [("COMMENTED", first), ("APPROVED", approval)]
        self.rows["reviews"] += [
            {"id": f"{node}_{state}", "team_id": TEAM, "pull_request_id": node, "author_login": reviewer,
             "author_kind": "User", "state": state, "body": "", "submitted_at": at}
            for state, at in events if at < self.as_of
        ]  # fmt: skip

    def _sync_item(self, node: str, number: int, place: int, updated: datetime) -> None:
        phase = Phase.RECENT if updated >= self.as_of - timedelta(days=30) else Phase.HISTORY
        self.rows["sync_items"].append({
            "team_id": TEAM, "repository_id": f"R_{place}", "pull_request_id": node, "number": number, "phase": phase,
            "updated_at": updated, "state": "done", "scanned_at": self.as_of, "done_at": self.as_of, "run_id": "run-1",
        })  # fmt: skip

    def _analysis(self, node: str, number: int, verb: str, is_bot: bool, lines: int) -> None:
        assisted = self.random.random() < 0.3 and not is_bot
        by_rule = is_bot or number % 9 == 0
        self.rows["pr_analysis"].append({
            "pull_request_id": node, "team_id": TEAM, "status": "failed" if number % 113 == 0 else "done",
            "error_code": "broken_json" if number % 113 == 0 else None, "source": "rule" if by_rule else "llm",
            "work_type": TYPES[verb], "work_type_source": "rule" if by_rule else "llm",
            "summary": self.random.choice(ATTACKS[:2]) if number % 50 == 0 else (
                f"It changes {lines} lines in order to {verb.lower()} what the title names."
            ),
            "risk": self.random.choice(("low", "low", "medium", "high")), "risk_reasons": ["touches_payments"],
            "ai_level": "assisted" if assisted else "none", "ai_tool": "Claude Code" if assisted else None,
            "ai_tools": ["Claude Code", "Cursor"] if assisted else [],
            "ai_evidence": "Co-Authored-By: Claude" if assisted else None,
            "ai_evidence_kind": "commit" if assisted else None, "languages": ["Python", "SQL"],
            "confidence": "high", "is_bot": is_bot, "model": None if by_rule else "simulated-1",
            "provider": None if by_rule else "simulated", "prompt_tokens": None if by_rule else 800,
            "completion_tokens": None if by_rule else 120, "cost_usd": None if by_rule else 0.0003, "run_id": "run-1",
            "analysed_at": self.as_of,
        })  # fmt: skip


def team_row(as_of: datetime, status: str, **more: Any) -> dict[str, Any]:
    return {
        "team_id": TEAM, "id": "O_1", "login": "Northwind", "name": "Northwind", "status": status, "status_at": as_of,
        "as_of": as_of, "is_as_of_fixed": False, "days_back": 30, "history_days": 90, "timezone": "UTC",
        "has_people_views": False, "is_simulated": True, "is_analysis_simulated": True,
        "web_url": "https://github.com", "created_at": as_of,
    } | more  # fmt: skip


def repository_row(place: int, name: str, as_of: datetime, **more: Any) -> dict[str, Any]:
    return {
        "id": f"R_{place}", "team_id": TEAM, "full_name": f"northwind/{name}", "name": name, "is_followed": True,
        "is_archived": False, "is_fork": False, "is_private": True, "default_branch": "main", "pushed_at": as_of,
        "sync_status": "done", "last_sync_at": as_of, "watermark_at": as_of,
        "history_from": as_of - timedelta(days=90),
    } | more  # fmt: skip


def run_row(run_id: str, flow: str, phase: Phase, as_of: datetime, **more: Any) -> dict[str, Any]:
    return {
        "run_id": run_id, "team_id": TEAM, "flow": flow, "phase": phase, "state": "completed", "stage": "complete",
        "as_of": as_of, "window_start": as_of - timedelta(days=30), "started_at": as_of - timedelta(minutes=9 - phase),
        "moved_at": as_of, "ended_at": as_of, "github_requests": 84, "github_points": 131, "github_remaining": 4869,
        "llm_total": 500, "llm_requests": 420, "llm_tokens": 386_400, "llm_cost_usd": 0.126, "llm_by_rule": 80,
        "llm_by_model": 418, "llm_failed": 2, "llm_left": 0,
    } | more  # fmt: skip


def write(warehouse: Warehouse, state: str = "complete", as_of: datetime = AS_OF, **options: Any) -> Organisation:
    """Write an organisation whose pipeline is in `state`."""
    organisation = Organisation(as_of, **options)
    accounts = sorted({(row["author_login"], row["author_kind"]) for row in organisation.rows["pull_requests"]} | {
        (name, "User") for name in PEOPLE
    })  # fmt: skip
    people = [
        {"team_id": TEAM, "account_id": account_key(None, login), "login": login, "kind": kind,
         "is_bot": bool(bot_reason(login, kind)), "bot_reason": bot_reason(login, kind)}
        for login, kind in accounts
    ]  # fmt: skip
    teams, repositories, runs = _pipeline(state, as_of)
    if state in {"syncing", "stalled", "failed", "waiting"}:
        _forget_half(organisation)
    commit(
        warehouse,
        *(Merge(schema.metadata.tables[name], schema.frame(schema.metadata.tables[name], rows, _names(rows)))
          for name, rows in ({"teams": teams, "repositories": repositories, "pipeline_runs": runs, "people": people}
                             | organisation.rows).items() if rows),
    )  # fmt: skip
    if state not in {"syncing", "stalled", "failed", "waiting"}:
        measure(warehouse, as_of)
    return organisation


def _pipeline(state: str, as_of: datetime) -> tuple[Rows, Rows, Rows]:
    status = {
        "complete": "complete", "people": "complete", "partial": "background_syncing", "syncing": "syncing",
        "stalled": "syncing", "waiting": "syncing", "failed": "failed", "phase2_failed": "phase1_complete",
    }[state]  # fmt: skip
    error = {}
    if state in {"failed", "phase2_failed"}:
        error = {"error": "GitHub refused the token (401).", "error_hint": "Set GITHUB_TOKEN to a token that is valid."}
    team = team_row(as_of, status, has_people_views=state == "people", **error)
    young = {"history_from": as_of - timedelta(days=30)} if state in {"partial", "phase2_failed"} else {}
    repositories = [repository_row(place, name, as_of, **young) for place, name in enumerate(REPOSITORIES)]
    runs = [run_row("run-1", "onboarding", Phase.RECENT, as_of)]
    if state in {"syncing", "stalled", "waiting", "failed"}:
        for place, sync_status in enumerate(("done", "done", "syncing", "syncing", "scanning", "pending")):
            repositories[place]["sync_status"] = sync_status
        runs = [run_row("run-1", "onboarding", Phase.RECENT, as_of, state="running", stage="syncing", ended_at=None)]
    if state == "waiting":
        runs[0] |= {"waiting_until": as_of + timedelta(minutes=20), "waiting_for": "github"}
    if state == "failed":
        runs[0] |= {"state": "failed", "ended_at": as_of, **error}
    if state == "partial":
        runs.append(run_row("run-2", "background", Phase.HISTORY, as_of, state="running", stage=status, ended_at=None))
        repositories[5]["sync_status"] = "syncing"
    if state == "phase2_failed":
        runs.append(run_row("run-2", "background", Phase.HISTORY, as_of, state="failed", **error))
    return [team], repositories, runs


def _forget_half(organisation: Organisation) -> None:
    """As in the middle of a first sync: later repositories are not in, their items pending."""
    missing = {
        row["id"]
        for row in organisation.rows["pull_requests"]
        if row["repository_id"] not in {"R_0", "R_1"} and row["number"] % 3
    }
    for table, rows in organisation.rows.items():
        key = "id" if table == "pull_requests" else "pull_request_id"
        if table == "sync_items":
            for row in rows:
                row["phase"] = Phase.RECENT
                if row["pull_request_id"] in missing:
                    row |= {"state": "pending", "done_at": None}
        else:
            organisation.rows[table] = [row for row in rows if row[key] not in missing]


def measure(warehouse: Warehouse, as_of: datetime) -> None:
    """Compute metrics and insights as the pipeline does."""
    facts = read_facts(warehouse, TEAM)
    prs, turns = measure_pull_requests(facts, as_of)
    weekly = compute_weekly(facts, prs, as_of)
    repositories = warehouse.read("SELECT id, full_name FROM repositories")
    commit(
        warehouse,
        Replace(schema.pull_request_metrics, prs, {"team_id": TEAM}),
        Replace(schema.turns, turns, {"team_id": TEAM}),
        Replace(schema.weekly_values, weekly.values, {"team_id": TEAM}),
        Replace(schema.weekly_calendar, weekly.calendar, {"team_id": TEAM}),
        Replace(schema.metric_catalogue, compute_catalogue()),
    )
    keep_views(warehouse)
    of_repositories = warehouse.read("SELECT * FROM weekly_metrics WHERE scope = 'repository'")
    found = find_insights(gather_evidence(TEAM, "UTC", repositories, prs, of_repositories, as_of))
    commit(warehouse, Replace(schema.insights, merge_known(found, found.clear(), as_of), {"team_id": TEAM}))


def _names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    names: dict[str, None] = {}
    for row in rows:
        names |= dict.fromkeys(row)
    return list(names)


if __name__ == "__main__":
    with Warehouse(WarehouseSettings(home=Path(sys.argv[1]))) as made:
        migrations.upgrade(made)
        now = datetime.now(UTC)
        write(made, sys.argv[2] if len(sys.argv) > 2 else "complete", now, attacks=True)
