"""How often a person agrees with what rules and model say, of the readings that were drawn and judged."""

import polars as pl

from warehouse.metrics.precision.intervals import share_interval

# Fewer judged ones say nothing.
MIN_CHECKED = 8
LOW_AGREEMENT = 0.6
"""Below this, what is said is a guess, and is shown as one."""

SCHEMA = {
    "question": pl.String,
    "subject": pl.String,
    "hits": pl.Int64,
    "drawn": pl.Int64,
    "checked": pl.Int64,
    "right": pl.Int64,
    "share": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


def compute_agreement(drawn: pl.DataFrame) -> pl.DataFrame:
    """Return one row per question and subject of `read_drawn`, with the share of right ones among those judged.

    `hits` readings, of which `drawn` are to be judged; `checked` were, `right` of them are right. `share` (0 to 1) and
    its 95 % interval `low` to `high` (Wilson) are NULL if none was judged.
    """
    counted = drawn.group_by("question", "subject").agg(
        hits=pl.col("hits").first(),
        drawn=pl.len(),
        checked=pl.col("is_right").count(),
        right=pl.col("is_right").sum(),
    )
    rows = [row | _share(row["right"], row["checked"]) for row in counted.iter_rows(named=True)]
    return pl.DataFrame(rows, schema=SCHEMA).sort("question", "subject")


def _share(right: int, checked: int) -> dict[str, float | None]:
    interval = share_interval(right, checked)
    if interval is None:
        return {"share": None, "low": None, "high": None}
    return {"share": right / checked, "low": interval.low, "high": interval.high}
