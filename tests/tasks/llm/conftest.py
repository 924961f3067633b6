"""Pull requests, a team that has them, and a simulated model over HTTP."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from simulators.llm.server import LlmSimulator, RunningSimulator, serve
from tasks.llm.prompt.answered import ParsedCompletion
from tasks.llm.prompt.prompt import make_prompt
from tasks.llm.provider.rate_limiter import open_rate_limiter
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.rules.pull_request import ChangedFile, Commit, PullRequest
from tasks.llm.run.analysis import analyse_pending
from tasks.llm.run.model_client import ModelClient
from tasks.llm.run.tally import Tally
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.progress import Run, start_run
from warehouse.store import Merge, commit
from warehouse.windows import Phase, Window

T = datetime(2026, 10, 1, 12, tzinfo=UTC)
TEAM = "acme"


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = T.timestamp()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture(scope="session")
def served() -> Iterator[RunningSimulator]:
    """Serve one simulated model for all tests, since starting it takes longer than most of them."""
    with serve(LlmSimulator(keep_bodies=True)) as running:
        yield running


@pytest.fixture
def model(served: RunningSimulator) -> RunningSimulator:
    """Reset the simulated model: no latency, faults, limits or log."""
    served.simulator.__dict__.update(LlmSimulator(keep_bodies=True).__dict__)
    return served


MakeSettings = Callable[..., LlmSettings]
MakePullRequest = Callable[..., PullRequest]


@pytest.fixture
def make_settings(model: RunningSimulator) -> MakeSettings:
    """Make settings for the simulated model without waits and without the environment; arguments change them."""

    def make(**changes: Any) -> LlmSettings:
        given: dict[str, Any] = {
            "api_key": SecretStr("test-key"),
            "base_url": model.url,
            "model": "some-model",
            "provider": "groq",
            "rpm": 60_000,
            "guard_seconds": 0.0,
            "timeout_seconds": 60.0,
            "tpm": None,
            "rpd": None,
            "tpd": None,
            "max_cost_usd": None,
            "limit": None,
            "max_completion_tokens": 450,
            "second_reading_share": 0.0,
        }
        return LlmSettings(_env_file=None, **(given | changes))

    return make


def pull_request_of(**changes: Any) -> PullRequest:
    given: dict[str, Any] = {
        "id": "PR_1",
        "title": "Make the importer skip empty lines",
        "number": 1,
        "author_login": "jane",
        "body": "The importer stopped at the first empty line, which some exports contain. It now skips them.",
        "head_ref": "skip-empty-lines",
        "created_at": T - timedelta(days=3),
        "additions": 30,
        "deletions": 5,
        "files": (ChangedFile("src/importer.py", 28, 5), ChangedFile("tests/test_importer.py", 2, 0)),
        "commits": (Commit("Skip empty lines", "jane", "Jane Doe"),),
    }
    return PullRequest(**(given | changes))


@pytest.fixture
def pull_request() -> MakePullRequest:
    """Make a pull request by a person that no rule answers; arguments change it."""
    return pull_request_of


COLUMNS = """
pull_request_id, status, source, work_type, work_type_source, summary, ai_level, ai_tool, ai_evidence, ai_evidence_kind,
is_ai_reviewed, languages, is_bot, size_bucket, size_lines, model, provider, error_code, attempts, failed_runs,
prompt_tokens, completion_tokens, cost_usd, latency_ms, finish_reason, redactions, run_id
"""


class Team:
    """A team in a temporary warehouse."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse

    def store(self, *pull_requests: PullRequest, phase: Phase = Phase.RECENT, fetched_at: datetime = T) -> None:
        """Store pull requests as the sync does: with files, commits, comments, and a done item."""
        rows: dict[str, list[dict[str, Any]]] = {
            "sync_items": [_item_row(pr, phase) for pr in pull_requests],
            "pull_requests": [_pull_request_row(pr, fetched_at) for pr in pull_requests],
            "files": [_child(pr, **vars(file)) for pr in pull_requests for file in pr.files],
            "commits": [
                _child(pr, **vars(made), oid=f"{pr.id}-{place}", position=place)
                for pr in pull_requests
                for place, made in enumerate(pr.commits)
            ],
            "comments": [
                _child(pr, id=f"{pr.id}-{who.login}", author_login=who.login, author_kind=who.kind)
                for pr in pull_requests
                for who in pr.reviewers
            ],
        }
        tables = schema.metadata.tables
        commit(self.warehouse, *(Merge(tables[name], schema.frame(tables[name], made)) for name, made in rows.items()))

    def store_many(self, count: int) -> None:
        """Store `count` pull requests that only a model can analyse, each with a text of its own, the newest first."""
        self.store(
            *(
                pull_request_of(
                    id=f"PR_{number}",
                    number=number,
                    title=f"Make importer {number} skip empty lines",
                    created_at=T - timedelta(hours=number),
                )
                for number in range(count)
            )
        )

    def rows(self) -> dict[str, dict[str, Any]]:
        """Read pr_analysis by pull request, only the columns that tests use, since each column costs time."""
        rows = self.warehouse.read(f"SELECT {COLUMNS} FROM pr_analysis").to_dicts()
        return {row["pull_request_id"]: row for row in rows}

    def count(self) -> int:
        row = self.warehouse.read_one("SELECT count(*) AS n FROM pr_analysis")
        return int(row["n"]) if row else 0

    def leases(self) -> list[str]:
        sql = "SELECT pull_request_id FROM analysis_leases WHERE pull_request_id NOT LIKE 'team:%'"
        return self.warehouse.read(sql)["pull_request_id"].to_list()

    def start(self, run_id: str = "run-1", phase: Phase = Phase.RECENT) -> Run:
        run = Run(
            run_id=run_id, team_id=TEAM, flow="onboarding", phase=phase, as_of=T, window=Window(T - timedelta(days=30))
        )
        start_run(self.warehouse, run, T)
        return run

    def analyse(
        self,
        settings: LlmSettings,
        run_id: str = "run-1",
        phase: Phase = Phase.RECENT,
        max_sleep: float = 0.02,
        clock: Callable[[], float] = time.time,
    ) -> Tally:
        """Do a complete run, as the flow does. Retries hardly wait; the latency of the model is real."""
        return asyncio.run(self._analyse(settings, self.start(run_id, phase), max_sleep, clock))

    async def _analyse(self, settings: LlmSettings, run: Run, max_sleep: float, clock: Callable[[], float]) -> Tally:
        async def ignore(_tally: Tally) -> None:
            """Nobody watches."""

        async def sleep(seconds: float) -> None:
            await asyncio.sleep(min(seconds, max_sleep))

        home = self.warehouse.settings.home
        return await analyse_pending(self.warehouse, run, settings, home, clock=clock, sleep=sleep, on_progress=ignore)


@pytest.fixture
def team(warehouse: Warehouse) -> Team:
    return Team(warehouse)


def _child(pr: PullRequest, **columns: Any) -> dict[str, Any]:
    return {"pull_request_id": pr.id, "team_id": TEAM, **columns}


def _item_row(pr: PullRequest, phase: Phase) -> dict[str, Any]:
    return _child(pr, phase=phase, state="done", number=pr.number)


def _pull_request_row(pr: PullRequest, fetched_at: datetime) -> dict[str, Any]:
    names = {column.name for column in schema.pull_requests.columns}
    known = {name: value for name, value in vars(pr).items() if name in names}
    updated_at = (pr.created_at or T) + timedelta(hours=1)
    return {**known, "team_id": TEAM, "labels": list(pr.labels), "updated_at": updated_at, "fetched_at": fetched_at}


AskModel = Callable[..., ParsedCompletion]


@pytest.fixture
def ask(tmp_path: Path, make_settings: MakeSettings) -> AskModel:
    """Analyse one pull request with a client of its own, which may raise. Waits are recorded instead of waited."""

    def ask_once(
        pull_request: PullRequest | None = None, waits: list[float] | None = None, **changes: Any
    ) -> ParsedCompletion:
        async def sleep(seconds: float) -> None:
            if waits is not None and seconds > 0.1:
                waits.append(round(seconds, 1))
            fake.now += seconds

        async def scenario() -> ParsedCompletion:
            limiter = open_rate_limiter(settings, tmp_path, clock=fake, sleep=sleep)
            async with ModelClient(settings, limiter, clock=fake) as client:
                return await client.complete(make_prompt(pull_request or pull_request_of()))

        settings, fake = make_settings(**changes), FakeTime()
        return asyncio.run(scenario())

    return ask_once
