"""Ingest random histories under random faults, changes and cancellations until the warehouse equals GitHub.

Hypothesis draws a history, sizes of batches and pages, what people do meanwhile, the faults, the requests at which a
run is cancelled, and what is run after phase 1: refreshes, weekly refetches, phase 2, a longer history, one
repository alone; in between repositories appear, are unfollowed and followed again. Those are tried once and may
fail. Then phase 2 and a refresh are run, each repeated if it failed or was cancelled; then people stop, and after one
more sync every pull request, comment and repository is compared.
"""

import asyncio
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import Phase as ExamplePhase
from hypothesis import strategies as st
from rich.console import Console

from benchmarks import renames
from benchmarks.document import write
from benchmarks.options import add_write, make_parser
from benchmarks.stage import AS_OF, Homes, Stage, empty_homes, open_warehouse, staged
from simulators.github.serving.faults import Fault, Kind
from simulators.github.serving.limits import Limits, RetryAfter
from simulators.github.store import records
from simulators.github.story.organisation import Organisation
from tasks.github.api.client import GitHub
from tasks.github.api.errors import GitHubError
from tasks.github.ingestion.ingest import ingest
from tasks.github.ingestion.scope import Scope
from tasks.github.organisation.discovery import discover_repositories
from tasks.github.organisation.follow import follow_owner
from warehouse.connection import Warehouse
from warehouse.identity.teams import find_team
from warehouse.metrics.life.responses import restore_states
from warehouse.progress import Run, start_run
from warehouse.read_facts import read_facts
from warehouse.windows import Phase, Window, plan_refresh, plan_windows

OWNER = "acme"
NAMES = ("one", "two", "three")
MAX_ATTEMPTS = 12
PASSING = (
    Kind.BAD_GATEWAY_HTML,
    Kind.BAD_GATEWAY_JSON,
    Kind.UNICORN,
    Kind.EMPTY,
    Kind.RESET,
    Kind.MALFORMED_JSON,
    Kind.RESOURCE_LIMITS,
    Kind.TIMEOUT,
    Kind.SECONDARY_LIMIT,
    Kind.PRIMARY_LIMIT,
)
STEPS = (
    "refresh",
    "refetch",
    "phase 2",
    "longer history",
    "one repository",
    "new repository",
    "unfollow",
    "follow",
)
HISTORY = timedelta(days=90)
LONGER_HISTORY = timedelta(days=150)
ACTIONS = ("touch", "comment", "open", "merge", "review", "dismiss", "delete", "rename", *renames.ACTIONS)


@dataclass(frozen=True)
class Action:
    """Something that a person does just before request number `at`, to a pull request chosen by `place`."""

    at: int
    what: str
    repository: int
    place: int


@dataclass(frozen=True)
class RandomHistory:
    """A history and what happens during its ingestion.

    `hours` are those since the last update, by repository and pull request.
    """

    hours: tuple[tuple[int, ...], ...]
    actions: tuple[Action, ...]
    faults: tuple[Fault, ...]
    cuts: tuple[int, ...]
    page_size: int
    page: int
    workers: int
    step: float
    steps: tuple[str, ...] = ()


def histories() -> st.SearchStrategy[RandomHistory]:
    action = st.builds(
        Action, st.integers(1, 60), st.sampled_from(ACTIONS), st.integers(0, len(NAMES) - 1), st.integers(0, 30)
    )
    fault = st.builds(
        Fault,
        st.sampled_from(PASSING),
        times=st.integers(1, 3),
        after=st.integers(0, 25),
        retry_after=st.sampled_from(RetryAfter),
        seconds=st.just(3.0),
    )
    hours = st.lists(st.integers(1, 100 * 24), max_size=10).map(tuple)
    return st.builds(
        RandomHistory,
        hours=st.lists(hours, min_size=1, max_size=len(NAMES)).map(tuple),
        actions=st.lists(action, max_size=25).map(tuple),
        faults=st.lists(fault, max_size=4).map(tuple),
        cuts=st.lists(st.integers(1, 40), max_size=2).map(tuple),
        page_size=st.integers(1, 12),
        page=st.integers(1, 8),
        workers=st.integers(1, 3),
        step=st.sampled_from([0.2, 1.0, 40.0]),
        steps=st.lists(st.sampled_from(STEPS), max_size=5).map(tuple),
    )


@dataclass
class People:
    """Perform their actions while requests arrive; each request takes `step` seconds."""

    stage: Stage
    history: RandomHistory
    requests: int = 0
    deleted: set[str] = field(default_factory=set)

    def before(self, operation: str, body: bytes) -> None:
        self.requests += 1
        self.stage.clock.at += timedelta(seconds=self.history.step)
        for action in self.history.actions:
            if action.at == self.requests:
                self._do(action)

    def _do(self, action: Action) -> None:
        organisation, now = self.stage.organisation, records.iso(self.stage.clock.seconds())
        repository = organisation.repositories[action.repository % len(organisation.repositories)]
        name, numbers = organisation.full_name(repository), list(organisation.pull_requests_of(repository).by_number)
        if action.what == "open" or not numbers:
            organisation.add(name, now, "Opened meanwhile", renames.author_of(organisation))
            return
        number = numbers[action.place % len(numbers)]
        match action.what:
            case "touch":
                organisation.touch(name, number, now)
            case "comment":
                organisation.comment(name, number, renames.author_of(organisation), now, f"At {action.at}")
            case "review":
                state = "APPROVED" if action.place % 2 else "CHANGES_REQUESTED"
                organisation.review(name, number, "bob", now, state)
            case "dismiss":
                organisation.dismiss(name, number, "bob", now)
            case "merge":
                organisation.edit(name, number, state="MERGED", mergedAt=now, closedAt=now, updatedAt=now)
            case "delete":
                self.deleted.add(organisation.pull_request(name, number)["id"])
                organisation.delete(name, number)
            case "rename":
                organisation.rename_repository(name, f"{repository['name']}-{action.at}")
            case _:
                renames.rename(organisation, action.what, action.at, name, number, now)


def organisation_of(history: RandomHistory) -> Organisation:
    owner = records.actor("Organization", 1, OWNER, "Acme")
    organisation = Organisation(owner, records.actor("User", 2, "viewer"), records.iso(AS_OF.timestamp()))
    organisation.add_account(records.actor("User", 3, "ann"))
    organisation.add_account(records.actor("User", 4, "bob"))
    for place, hours in enumerate(history.hours):
        repository = records.repository(owner, place + 1, NAMES[place], "2024-01-01T00:00:00Z")
        organisation.add_repository(repository)
        for each in hours:
            at = records.iso((AS_OF - timedelta(hours=each)).timestamp())
            organisation.add(f"{OWNER}/{NAMES[place]}", at, "Change", "ann")
    return organisation


def play_history(history: RandomHistory, homes: Homes) -> None:
    """Play the history; AssertionError if the warehouse does not equal GitHub in the end."""
    # Requests sent before a limit was announced arrive up to one step per worker later.
    limits = Limits(grace_seconds=0.1 + history.step * history.workers)
    with staged(organisation_of(history), limits=limits) as stage, open_warehouse(homes.new()) as warehouse:
        people = People(stage, history)
        stage.running.listeners.append(people.before)
        stage.running.faults.add(*history.faults)
        cuts = list(history.cuts)
        _insist(stage, warehouse, history, "phase 1", cuts)
        for step in history.steps:
            _take(stage, warehouse, history, step, cuts)
        set_followed(warehouse, range(len(NAMES)), is_followed=True)
        for step in ("phase 2", "refresh"):
            _insist(stage, warehouse, history, step, cuts)
        stage.running.listeners.clear()
        stage.running.faults.clear()
        stage.clock.at += timedelta(days=2)
        _insist(stage, warehouse, history, "refetch", [])
        _check(stage.running.stats()["violations"], 0, "requests sent in spite of a limit")
        assert_converged(stage.organisation, warehouse, people.deleted)


def _insist(stage: Stage, warehouse: Warehouse, history: RandomHistory, step: str, cuts: list[int]) -> None:
    """Run a step until it succeeds, again if it failed or was cancelled."""
    for _ in range(MAX_ATTEMPTS):
        try:
            asyncio.run(_run(stage, warehouse, history, step, cuts.pop() if cuts else None))
            return
        except (GitHubError, asyncio.CancelledError):
            stage.clock.at += timedelta(minutes=1)
    raise AssertionError(f"{step} did not succeed in {MAX_ATTEMPTS} attempts")


def _take(stage: Stage, warehouse: Warehouse, history: RandomHistory, step: str, cuts: list[int]) -> None:
    """Try one of STEPS once."""
    match step:
        case "new repository":
            add_repository(stage.organisation)
        case "unfollow" | "follow":
            set_followed(warehouse, [0], is_followed=step == "follow")
        case _:
            with suppress(GitHubError, asyncio.CancelledError):
                asyncio.run(_run(stage, warehouse, history, step, cuts.pop() if cuts else None))
    stage.clock.at += timedelta(hours=9)


def add_repository(organisation: Organisation) -> None:
    """Add a repository with a pull request of yesterday and an old one, unless there are three already."""
    place = len(organisation.repositories)
    if place == len(NAMES):
        return
    repository = records.repository(organisation.owner, place + 1, NAMES[place], "2024-01-01T00:00:00Z")
    organisation.add_repository(repository)
    for days in (1, 80):
        at = records.iso((AS_OF - timedelta(days=days)).timestamp())
        organisation.add(organisation.full_name(repository), at, "Change", renames.author_of(organisation))


def set_followed(warehouse: Warehouse, places: Iterable[int], *, is_followed: bool) -> None:
    """Follow or unfollow repositories, as `prflow repos` does; `places` are indices of NAMES."""
    ids = [records.node_id("R", place + 1) for place in places]
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE repositories SET is_followed = ? WHERE id IN (SELECT unnest(?))", [is_followed, ids])


async def _run(stage: Stage, warehouse: Warehouse, history: RandomHistory, step: str, cut: int | None) -> None:
    run, ids = plan_run(stage, warehouse, step)
    start_run(warehouse, run, stage.clock())
    async with stage.github(
        page_size=history.page_size, workers=history.workers, max_workers=history.workers
    ) as github:
        if step in {"phase 1", "refetch"}:
            await discover_repositories(github, warehouse, run.team_id)
        owner = await follow_owner(github, warehouse, run.team_id)
        run = replace(run, team_id=owner.team_id)
        work = asyncio.create_task(_ingest(github, warehouse, run, stage, history, step, ids))
        with _cut_off(stage, work, cut):
            await work


def plan_run(stage: Stage, warehouse: Warehouse, step: str) -> tuple[Run, Sequence[str] | None]:
    """Plan a run as the flows do, and return the repositories that it is for, None for all."""
    team = find_team(warehouse, OWNER) or OWNER
    first, second = plan_windows(AS_OF, 30, HISTORY.days, is_live=True)
    if step == "phase 1":
        return Run(run_id="run-1", team_id=team, flow="onboarding", phase=Phase.RECENT, as_of=AS_OF, window=first), None
    if step in {"phase 2", "longer history"}:
        start = second.start if step == "phase 2" else AS_OF - LONGER_HISTORY
        return Run(
            run_id=f"run-{step}",
            team_id=team,
            flow="background",
            phase=Phase.HISTORY,
            as_of=AS_OF,
            window=Window(start, second.end),
        ), None
    now = stage.clock()
    rows = warehouse.read("SELECT id, watermark_at FROM repositories WHERE is_followed ORDER BY id").to_dicts()
    rows = rows[:1] if step == "one repository" else rows
    oldest = min((row["watermark_at"] for row in rows if row["watermark_at"]), default=now - HISTORY)
    window = plan_refresh(oldest, now)
    ids = [row["id"] for row in rows] if step == "one repository" else None
    return Run(
        run_id=f"run-{now:%m%d%H%M%S%f}",
        team_id=team,
        flow="refresh",
        phase=Phase.INCREMENTAL,
        as_of=now,
        window=window,
    ), ids


@contextmanager
def _cut_off(stage: Stage, work: "asyncio.Task[None]", at: int | None) -> Iterator[None]:
    """Cancel `work` when its request number `at` arrives, if it gets that far."""
    loop, counted = asyncio.get_running_loop(), count(1)

    def listen(operation: str, body: bytes) -> None:
        if next(counted) == at:
            loop.call_soon_threadsafe(work.cancel)

    stage.running.listeners.append(listen)
    try:
        yield
    finally:
        stage.running.listeners.remove(listen)


async def _ingest(
    github: GitHub,
    warehouse: Warehouse,
    run: Run,
    stage: Stage,
    history: RandomHistory,
    step: str,
    ids: Sequence[str] | None,
) -> None:
    is_refetch = step == "refetch"
    await ingest(github, warehouse, run, scope=Scope(ids, is_refetch), page_size=history.page)


def assert_converged(organisation: Organisation, warehouse: Warehouse, deleted: set[str]) -> None:
    """Check every pull request of the history, and every open one, with its comments; and that there is nothing else.

    Raises AssertionError.
    """
    starts = warehouse.read("SELECT DISTINCT history_from FROM repositories")["history_from"].to_list()
    _check(len(starts) == 1 and starts[0] <= AS_OF - HISTORY, True, f"one history of 90 days or more, not {starts}")
    since = records.iso(starts[0].timestamp())
    held = {
        each["id"]: (each["number"], each["updatedAt"], each["state"], len(each["comments"]))
        for each in organisation.pull_requests()
    }
    rows = warehouse.read(
        "SELECT p.id, p.number, strftime(p.updated_at, '%Y-%m-%dT%H:%M:%SZ') AS updated_at, p.state, "
        "(SELECT count(*) FROM comments c WHERE c.pull_request_id = p.id) AS comments FROM pull_requests p"
    ).iter_rows()
    stored: dict[str, Any] = {row[0]: tuple(row[1:]) for row in rows}
    expected = {key: value for key, value in held.items() if value[1] >= since or value[2] == "OPEN" or key in stored}
    differing = {key: (stored.get(key), value) for key, value in expected.items() if stored.get(key) != value}
    _check(differing, {}, "pull requests that differ")
    _check(set(stored) - set(held) - deleted, set(), "pull requests that should not be there")
    _check_reviews(organisation, warehouse, set(stored))
    _check(renames.find_strangers(organisation, warehouse), {}, "rows of other accounts or logins")
    teams = warehouse.read("SELECT team_id FROM teams")["team_id"].to_list()
    _check(teams, [organisation.login.lower()], "teams")
    names = set(warehouse.read("SELECT full_name FROM repositories")["full_name"])
    _check(names, {organisation.full_name(each) for each in organisation.repositories}, "names of repositories")
    for table, column in (("repositories", "sync_status"), ("sync_items", "state")):
        states = warehouse.read(f"SELECT DISTINCT {column} FROM {table}")[column].to_list()
        _check([state for state in states if state != "done"], [], f"states of {table}")


def _read_team_id(warehouse: Warehouse) -> str:
    """Return the id of the one team, which follows its owner's login."""
    return str(warehouse.read("SELECT team_id FROM teams").item())


def _check_reviews(organisation: Organisation, warehouse: Warehouse, stored: set[str]) -> None:
    """Check that every review is known in the state in which it was submitted, however many were dismissed."""
    held = [each for each in organisation.pull_requests() if each["id"] in stored]
    events = [event for each in held for event in each["timelineItems"]]
    before = {event["review"]["id"]: event["previousReviewState"] for event in events if "previousReviewState" in event}
    submitted = {(one["id"], before.get(one["id"], one["state"])) for each in held for one in each["reviews"]}
    rows = (
        restore_states(read_facts(warehouse, _read_team_id(warehouse)))
        .select("id", "state", "pull_request_id")
        .iter_rows()
    )
    ids = {each["id"] for each in held}  # those deleted on GitHub stay where nothing looks for them
    _check({tuple(row[:2]) for row in rows if row[2] in ids}, submitted, "states of reviews")


def _check(found: object, expected: object, what: str) -> None:
    if found != expected:
        raise AssertionError(f"{what}: {found}, expected {expected}")


def run(examples: int, console: Console | None = None, phases: Sequence[ExamplePhase] = tuple(ExamplePhase)) -> int:
    """Play `examples` histories and return how many succeeded. A failing one is shrunk and raised."""
    played = 0
    with empty_homes() as homes:

        @settings(
            max_examples=examples, deadline=None, database=None, phases=phases, suppress_health_check=list(HealthCheck)
        )
        @given(histories())
        def every(history: RandomHistory) -> None:
            nonlocal played
            play_history(history, homes)
            played += 1
            if console is not None and played % 10 == 0:
                console.print(f"{played} histories played; the warehouse equals GitHub in each", highlight=False)

        every()
    return played


def main() -> None:
    options = make_parser(
        "convergence", "Ingest random histories under random faults and check that the warehouse equals GitHub."
    )
    options.add_argument("--examples", type=int, default=200, metavar="N", help="number of histories (default: 200)")
    add_write(options)
    chosen, console = options.parse_args(), Console()
    began = time.perf_counter()
    played = run(chosen.examples, console)
    seconds = time.perf_counter() - began
    console.print(f"{played} histories ingested in {seconds:.0f} s; the warehouse equalled GitHub in each.")
    if chosen.write:
        took = f"{seconds / 60:.0f} minutes on {os.cpu_count()} processors"
        result = "The warehouse equalled GitHub in each, and no request was sent in spite of a limit."
        write("convergence", [f"{played} histories ingested in {took}. {result}"])


if __name__ == "__main__":
    main()
