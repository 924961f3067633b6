"""Answer what a metric is under the definitions of other tools, over the same pull requests."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.metrics.facts import KEY
from warehouse.metrics.lab.compare import Definition, compare
from warehouse.metrics.lab.presets import PRESETS, TOOLS
from warehouse.metrics.metric import Metric
from warehouse.questions.metrics import MAX_WEEKS, Question, UnknownName, find_metric
from warehouse.read_facts import read_review_facts
from warehouse.reads.overview import read_pull_request_metrics
from warehouse.reads.teams import read_repositories


@dataclass(frozen=True)
class Comparison:
    """A metric of `[start, end)` under each definition, ours first; `lacking` are the tools without such a number.

    `names` has `pull_request_id`, `full_name`, `number`, `title`, `author_login` of every pull request that moved.
    """

    metric: Metric
    start: datetime
    end: datetime
    definitions: list[Definition]
    lacking: tuple[str, ...]
    names: pl.DataFrame

    def moved(self, definition: Definition) -> pl.DataFrame:
        """Return the pull requests that make the difference to ours, with their names; the largest come first."""
        return definition.moved.join(self.names, on=KEY, how="left", maintain_order="left")


def find_comparable(name: str) -> Metric:
    """Return the metric of this name if other tools have it, too. Raises UnknownName and BadArgument."""
    metric = find_metric(name)
    if metric.name not in PRESETS:
        raise BadArgument(
            f"There are no other definitions of {metric.name}.", f"There are some of: {', '.join(PRESETS)}."
        )
    return metric


def compare_definitions(warehouse: Warehouse, team_id: str, question: Question) -> Comparison:
    """Compute a metric of the last weeks under every definition of it. Raises UnknownName and BadArgument."""
    if not 1 <= question.weeks <= MAX_WEEKS:
        raise BadArgument(f"A period has 1 to {MAX_WEEKS} weeks, not {question.weeks}.", "")
    measured = read_pull_request_metrics(warehouse, team_id)
    end = measured["as_of"].max()
    if not isinstance(end, datetime):
        raise BadArgument("Nothing is computed yet.", "`prflow status` says how far the import is.")
    if question.repository:
        measured = measured.filter(pl.col("repository_id") == _find_repository(warehouse, team_id, question.repository))
    return compare_measured(warehouse, team_id, question.metric, measured, (end - timedelta(weeks=question.weeks), end))


def compare_measured(
    warehouse: Warehouse, team_id: str, name: str, measured: pl.DataFrame, period: tuple[datetime, datetime]
) -> Comparison:
    """Compute a metric of `[start, end)` under every definition, of these rows of `pull_request_metrics`."""
    metric = find_comparable(name)
    definitions = compare(metric, read_review_facts(warehouse, team_id), measured, *period)
    ids = pl.concat([one.moved[KEY] for one in definitions]).unique().to_list()
    return Comparison(
        metric=metric,
        start=period[0],
        end=period[1],
        definitions=definitions,
        lacking=tuple(tool for tool in TOOLS if tool not in {one.tool for one in definitions}),
        names=warehouse.read(_NAMES, [ids]),
    )


def _find_repository(warehouse: Warehouse, team_id: str, name: str) -> str:
    found = read_repositories(warehouse, team_id).filter(pl.col("full_name").str.to_lowercase() == name.lower())
    if found.is_empty():
        raise UnknownName(f"{name[:200]} is not followed.", "Write it as OWNER/NAME.")
    return str(found["id"][0])


_NAMES = """
SELECT p.id AS pull_request_id, r.full_name, p.number, p.title, p.author_login
FROM pull_requests p LEFT JOIN repositories r ON r.id = p.repository_id
WHERE p.id IN (SELECT unnest(?::VARCHAR[]))
"""
