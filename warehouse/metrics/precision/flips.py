"""How often a model says something else of the same pull request if its fields come in another order."""

from collections.abc import Mapping

import polars as pl

from warehouse.metrics.precision.intervals import share_interval

QUESTIONS = ("work_type", "risk", "ai_level")
# Fewer read a second time say nothing.
MIN_READ = 8
SCHEMA = {
    "question": pl.String,
    "read": pl.Int64,
    "flipped": pl.Int64,
    "share": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


def compute_flips(second: pl.DataFrame) -> pl.DataFrame:
    """Return one row per question of `read_second_readings`: of how many the second answer is another.

    `share` (0 to 1) and its 95 % interval `low` to `high` (Wilson) are NULL if none was read a second time.
    """
    return pl.DataFrame([_flips_of(second, question) for question in QUESTIONS], schema=SCHEMA)


def _flips_of(second: pl.DataFrame, question: str) -> Mapping[str, object]:
    both = second.select(first=f"first_{question}", second=f"second_{question}").drop_nulls()
    flipped = both.filter(pl.col("first") != pl.col("second")).height
    interval = share_interval(flipped, both.height)
    found = {"question": question, "read": both.height, "flipped": flipped}
    if interval is None:
        return found | {"share": None, "low": None, "high": None}
    return found | {"share": flipped / both.height, "low": interval.low, "high": interval.high}
