"""What the API answers: the same functions as behind `prflow mcp` and the pages compute it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from dashboard.reading.runs import team_progress
from dashboard.reading.status_json import make_status
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.guard.untrusted import one_line
from warehouse.questions.metrics import Answer, Question, answer, find_metric, read_behind, read_sources
from warehouse.questions.shown import shown_metrics
from warehouse.reads.insights import read_insights

MAX_ROWS = 10_000
MAX_METRICS = 20
MAX_TEXT = 1_200
MAX_DIGITS = 9
DEFAULT_WEEKS = 4
_ABOUT = ("metric", "title", "definition", "unit", "better", "team_id", "repository", "note", "as_of")
_INSIGHT = (
    *("id", "severity", "title", "detail", "metric", "scope", "full_name", "n", "n_before", "like_for_like"),
    *("like_for_like_low", "like_for_like_high", "first_seen_at", "last_seen_at", "as_of", "pull_request_ids"),
)
Parameters = Mapping[str, Sequence[str]]
"""The parameters of the address: each name with its values."""


def read_status(warehouse: Warehouse, team_id: str, _: Parameters, now: datetime) -> pl.DataFrame:
    """Return how far the team is, in one row; lists and objects as in the dashboard's /api/status."""
    return pl.DataFrame([make_status(team_progress(team_id, warehouse))], infer_schema_length=None)


def read_metrics(warehouse: Warehouse, team_id: str, given: Parameters, now: datetime) -> pl.DataFrame:
    """Return one row per `metric` with its value over the last `weeks`, of the team or of one `repository`.

    Without a `metric`: what metrics there are. Raises UnknownName and BadArgument.
    """
    names = list(dict.fromkeys(given.get("metric", ())))
    if not names:
        about = ("name", "title", "unit", "better", "question", "definition", "exclusions", "min_n")
        return pl.DataFrame([{name: getattr(one, name) for name in about} for one in shown_metrics()])
    if len(names) > MAX_METRICS:
        raise BadArgument(f"At most {MAX_METRICS} metrics in one request, not {len(names)}.", "Ask in parts.")
    questions = [Question(name, _weeks(given), _one(given, "repository")) for name in names]
    rows = [_flat(answer(read_sources(warehouse, team_id, one.metric), one)) for one in questions]
    return pl.DataFrame(rows, infer_schema_length=None)


def read_prs_behind(warehouse: Warehouse, team_id: str, given: Parameters, now: datetime) -> pl.DataFrame:
    """Return exactly the pull requests behind a `metric` of the last `weeks`, the latest first, `limit` of them."""
    question = Question(find_metric(_one(given, "metric")).name, _weeks(given), _one(given, "repository"))
    rows = read_behind(warehouse, read_sources(warehouse, team_id, question.metric), question)
    return rows.drop("web_url").head(_number(given, "limit", 100, MAX_ROWS))


def read_insights_of(warehouse: Warehouse, team_id: str, _: Parameters, now: datetime) -> pl.DataFrame:
    """Return what changed or needs attention, the most important first."""
    return read_insights(warehouse, team_id, now.date()).select(_INSIGHT)


def plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with every text on one line, without what a terminal or a page could act on."""
    texts = [name for name, kind in rows.schema.items() if kind == pl.String()]
    return rows.with_columns(pl.col(pl.Float64).fill_nan(None)).with_columns(
        pl.col(name).map_elements(lambda text: one_line(text, MAX_TEXT), return_dtype=pl.String) for name in texts
    )


def _flat(found: Answer) -> dict[str, object]:
    """Return an answer as one row: the sides and the change as columns of their own."""
    row: dict[str, object] = {name: getattr(found, name) for name in _ABOUT}
    for name, side in (("now", found.now), ("before", found.before)):
        row |= {f"{name}_{part}": getattr(side, part) for part in ("start", "end", "value", "n", "low", "high")}
    change = found.change
    for part in ("by", "unit", "low", "high", "is_noise"):
        row[f"change_{part}"] = getattr(change, part) if change else None
    return row


def _one(given: Parameters, name: str) -> str:
    values = given.get(name, ())
    if len(values) > 1:
        raise BadArgument(f"{name} is given {len(values)} times.", "Give it once.")
    return values[0] if values else ""


def _weeks(given: Parameters) -> int:
    return _number(given, "weeks", DEFAULT_WEEKS, 10_000)


def _number(given: Parameters, name: str, default: int, most: int) -> int:
    text = _one(given, name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS) or not 1 <= int(text) <= most:
        raise BadArgument(f"{name} is a whole number from 1 to {most:,}, not {text[:40]}.", f"For example {default}.")
    return int(text)
