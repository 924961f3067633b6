"""How often insights are said of teams in which nothing changed, and how often a change that was planted is found.

A world is twelve weeks of merged pull requests of one team, drawn at random: the last four weeks are compared with the
eight before. In the quiet worlds nothing changes, but they are as uneven as real teams: whole weeks are slow, releases
hold pull requests up together, authors of different pace come and go, more of the work moves into a slow repository.
In the others the wait for a first review grows by 60 % in one repository.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from rich.console import Console
from rich.progress import track

from benchmarks.options import add_json, make_parser
from benchmarks.tables import Figures, format_share, print_figures
from warehouse import schema
from warehouse.insights.evidence import Evidence
from warehouse.insights.find import find_insights
from warehouse.metrics.weeks import week_of

WEEKS = 12
RECENT = 4
FIRST = datetime(2026, 6, 1, tzinfo=UTC)
TEAM = "acme"
PHASES = ("coding_hours", "pickup_hours", "review_hours", "merge_hours", "unreviewed_hours")
TYPICAL_HOURS = (8.0, 5.0, 10.0, 3.0, 4.0)
AUTHORS = 8
MAX_FALSE_ALARMS = 0.05
MIN_FOUND = 0.70
REVIEWED, LARGE, REVERTED, AI = 0.85, 0.15, 0.03, 0.30


@dataclass(frozen=True)
class World:
    """A kind of team: its pull requests a week, the spread of their durations, and what is uneven about it."""

    name: str
    a_week: int
    repositories: int = 3
    spread: float = 1.0
    week_spread: float = 0.0
    has_trains: bool = False
    has_turnover: bool = False
    has_shifting_mix: bool = False
    planted: float = 1.0


QUIET = (
    World("independent, 8 a week", 8),
    World("independent, 25 a week", 25),
    World("independent, 80 a week", 80),
    World("each week its own factor (35 %), 25 a week", 25, week_spread=0.35),
    World("each week its own factor (35 %), 80 a week", 80, week_spread=0.35),
    World("release trains of two days, 25 a week", 25, has_trains=True),
    World("authors of different pace come and go, 25 a week", 25, has_turnover=True),
    World("a slow repository's part grows from 30 to 60 %, 25 a week", 25, repositories=2, has_shifting_mix=True),
)
CHANGED = tuple(
    World(f"+60 % in one of {count}, 25 a week in it", 25 * count, repositories=count, planted=1.6)
    for count in (1, 2, 3)
)


def draw(world: World, random: np.random.Generator) -> pl.DataFrame:
    """Draw the merged pull requests of a world, with the columns of `pull_request_metrics`."""
    week = np.repeat(np.arange(WEEKS), random.poisson(world.a_week, WEEKS))
    count = len(week)
    day = random.integers(0, 7, count)
    repository = _repositories(world, week, random)
    author, pace = _authors(world, week, random)
    logs = np.log(TYPICAL_HOURS) + _noise(world, week, day, random)
    logs += random.normal(0, world.week_spread, WEEKS)[week][:, None] + pace[:, None]
    logs += (repository * (1.8 if world.has_shifting_mix else 0.4))[:, None]
    logs[(week >= WEEKS - RECENT) & (repository == 0), 1] += np.log(world.planted)
    return _frame(week, day, repository, author, np.exp(logs), random)


def _repositories(world: World, week: np.ndarray, random: np.random.Generator) -> np.ndarray:
    if world.has_shifting_mix:
        return (random.random(len(week)) < np.where(week >= WEEKS - RECENT, 0.6, 0.3)).astype(int)
    return random.integers(0, world.repositories, len(week))


def _authors(world: World, week: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the author of each pull request and how much slower that author is, as a logarithm."""
    if not world.has_turnover:
        return random.integers(0, AUTHORS, len(week)), np.zeros(len(week))
    here = random.random((WEEKS // 4, 2 * AUTHORS)) < 0.5
    here[:, 0] = True
    author = np.array([random.choice(np.flatnonzero(here[at // 4])) for at in week])
    return author, random.normal(0, 0.8, 2 * AUTHORS)[author]


def _noise(world: World, week: np.ndarray, day: np.ndarray, random: np.random.Generator) -> np.ndarray:
    if not world.has_trains:
        return random.normal(0, world.spread, (len(week), len(PHASES)))
    trains = random.normal(0, world.spread, (WEEKS * 7 // 2 + 1, len(PHASES)))
    own = random.normal(0, 0.2, (len(week), len(PHASES)))
    waits: np.ndarray = own + trains[(week * 7 + day) // 2]
    return waits


def _frame(
    week: np.ndarray,
    day: np.ndarray,
    repository: np.ndarray,
    author: np.ndarray,
    hours: np.ndarray,
    random: np.random.Generator,
) -> pl.DataFrame:
    """Make `pull_request_metrics`: a reviewed pull request has the first four phases, another the last."""
    count = len(week)
    merged_at = [FIRST + timedelta(days=int(days), hours=12) for days in week * 7 + day]
    is_reviewed = random.random(count) < REVIEWED
    hours[is_reviewed, -1] = np.nan
    hours[~is_reviewed, 1:-1] = np.nan
    drawn = pl.DataFrame(
        {
            "pull_request_id": [f"PR{place}" for place in range(count)],
            "repository_id": [f"R{key}" for key in repository],
            "author_login": [f"author-{key}" for key in author],
            "merged_at": merged_at,
            "closed_at": merged_at,
            "is_bot": np.zeros(count, dtype=bool),
            "is_reviewed": is_reviewed,
            "size_lines": np.where(random.random(count) < LARGE, 900, 40),
            "is_reverted": random.random(count) < REVERTED,
            "ai_level": np.where(random.random(count) < AI, "assisted", "none"),
            **{name: hours[:, place] for place, name in enumerate(PHASES)},
        }
    ).with_columns(pl.col(PHASES).fill_nan(None))
    types = schema.polars_schema(schema.pull_request_metrics)
    return drawn.select(
        (pl.col(name) if name in drawn.columns else pl.lit(None)).cast(kind).alias(name) for name, kind in types.items()
    )


def look(pull_requests: pl.DataFrame) -> list[dict[str, str]]:
    """Return what is said of these pull requests at the end of the twelfth week."""
    weeks = [week_of(FIRST.date() + timedelta(weeks=place), "UTC") for place in range(WEEKS)]
    names = {key: f"{TEAM}/{key}" for key in pull_requests["repository_id"].unique()}
    evidence = Evidence(TEAM, weeks[-1].ends_at, names, pull_requests, tuple(weeks[-RECENT:]), tuple(weeks[:-RECENT]))
    return find_insights(evidence).select("detector", "metric", "scope_id").to_dicts()


def tells_of_planted(said: Sequence[dict[str, str]]) -> bool:
    """Return whether the repository whose reviews came later is named, or the team if it has no other."""
    named = {row["scope_id"] for row in said if row["metric"] == "pickup_p50_hours"}
    return bool(named & {"R0", TEAM})


def measure(worlds: Sequence[World], draws: int, happens: Callable[[list[dict[str, str]]], bool]) -> list[float]:
    """Return for each world the share of draws in which it happens; the draws of a world are always the same."""
    shares = []
    for world in worlds:
        random = np.random.default_rng(20261127)
        shown = track(range(draws), world.name, console=Console(stderr=True), transient=True)
        shares.append(sum(happens(look(draw(world, random))) for _ in shown) / draws)
    return shares


def main(arguments: Sequence[str] | None = None) -> int:
    parser = make_parser("insights", "Count insights in teams where nothing changed, and those that find a change.")
    parser.add_argument("--draws", type=int, default=400, help="draws of each world")
    add_json(parser)
    options = parser.parse_args(arguments)
    false = measure(QUIET, options.draws, bool)
    found = measure(CHANGED, options.draws, tells_of_planted)
    rows = [*zip(QUIET, false, strict=True), *zip(CHANGED, found, strict=True)]
    if options.json:
        print(json.dumps({world.name: share for world, share in rows}, indent=2))
    else:
        cells = [(world.name, format_share(share)) for world, share in rows]
        print_figures(Console(), Figures(f"Weeks with an insight, of {options.draws}", ("world", "share"), cells))
    return int(max(false) > MAX_FALSE_ALARMS or min(found) < MIN_FOUND)


if __name__ == "__main__":
    sys.exit(main())
