"""Writes what the recorded pull requests of bitcoin-core/secp256k1 give, for the tests to compare with.

    python -m tests.warehouse.metrics.golden

`golden/secp256k1.csv`: every metric of the last 8 complete weeks. `docs/six-definitions.md`: the median first response
under six definitions. What is written may change only with a definition: say which in the changelog.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from tests.recorded_data import ROOT
from tests.warehouse.metrics.recorded import AS_OF, read_secp256k1
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.lab.compare import Definition, compare
from warehouse.metrics.registry import BY_NAME, METRICS
from warehouse.metrics.weekly import compute_weekly_metrics

FILE = Path(__file__).parent / "golden" / "secp256k1.csv"
PAGE = ROOT / "docs" / "six-definitions.md"
FIRST_WEEK = datetime(2026, 6, 22, tzinfo=UTC)
YEAR = timedelta(weeks=52)
MAX_MOVED = 4
_COLUMNS = ("week_start", "metric", "value", "n", "numerator", "denominator", "is_partial")

_HEAD = """\
# One number under six definitions

<!-- Written by `python -m tests.warehouse.metrics.golden` from recorded pull requests. -->

The time to first response of bitcoin-core/secp256k1 (public, 1,308 pull requests), over the 52 weeks to 22 August 2026:
the same pull requests and events under six definitions. `prflow metrics compare first_response_p50_hours` makes this
table of your own; [definition-lab.md](definition-lab.md) has the rules and their sources. *Value* is by the tool's own
average, the *median* is of the same pull requests. *In* are counted there and not here, *out* here and not there,
*changed* in both, with another time.

The medians differ little here, the values a lot: a mean is made by a few pull requests that waited for months.

| definition | average | value | median | n | in | out | changed |
|---|---|---:|---:|---:|---:|---:|---:|
"""


def compute_golden() -> pl.DataFrame:
    """Compute every metric of the team in the last 8 complete weeks, one row per metric and week."""
    facts = read_secp256k1(FIRST_WEEK)
    weekly = compute_weekly_metrics(facts, compute_pull_request_metrics(facts, AS_OF), AS_OF)
    kept = weekly.filter(pl.col("scope") == "team", "is_complete").select(_COLUMNS)
    order = {metric.name: place for place, metric in enumerate(METRICS)}
    return kept.sort(pl.col("metric").replace_strict(order), "week_start")


def render_page(facts: Facts) -> str:
    """Render the table of six definitions, with the pull requests that move each."""
    measured = compute_pull_request_metrics(facts, AS_OF)
    found = compare(BY_NAME["first_response_p50_hours"], facts, measured, AS_OF - YEAR, AS_OF)
    numbers = dict(facts.pull_requests.select("id", "number").iter_rows())
    parts = [_HEAD + "".join(map(_row, found)), *(_moved(one, numbers) for one in found[1:])]
    return "\n".join(parts)


def _row(one: Definition) -> str:
    moved = " | ".join(f"{one.count(how)}" if one.moved.height else "" for how in ("in", "out", "changed"))
    return f"| {one.tool}: {one.name} | {one.average} | {_say(one.value)} | {_say(one.median)} | {one.n} | {moved} |\n"


def _moved(one: Definition, numbers: dict[str, int]) -> str:
    rows = "".join(_pull_requests(one, numbers))
    head = "| pull request | | here | there | why |\n|---|---|---:|---:|---|\n"
    return f"## {one.tool}\n\n{one.sentence}\n\n{head}{rows}"


def _pull_requests(one: Definition, numbers: dict[str, int]) -> Iterator[str]:
    """Yield those that differ most, each kind of difference by itself, without the names of people."""
    for how in ("in", "out", "changed"):
        for row in one.moved.filter(pl.col("how") == how).head(MAX_MOVED).iter_rows(named=True):
            number, why = numbers[row[KEY]], re.sub(r" of [\w-]+", "", row["why"])
            address = f"https://github.com/bitcoin-core/secp256k1/pull/{number}"
            yield f"| [#{number}]({address}) | {how} | {_say(row['ours_hours'])} | {_say(row['hours'])} | {why} |\n"


def _say(hours: float | None) -> str:
    return "–" if hours is None else f"{hours:,.1f} h"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    compute_golden().write_csv(FILE)
    PAGE.write_text(render_page(read_secp256k1()), encoding="utf-8")
