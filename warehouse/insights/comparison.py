"""Compare the recent weeks with those before, like with like: within repository and author.

Other people, or more work in a slow repository, are no change of either: the difference is taken within strata (a
repository and an author) and averaged over them. Its interval counts that pull requests differ, and that weeks differ
as a whole (a release, a holiday): a hundred pull requests of one bad week say little more than ten. What weeks add is
estimated from the weeks themselves, which leaves few degrees of freedom: Student's t has them, by Satterthwaite.
"""

import polars as pl
from scipy.special import stdtrit  # type: ignore[import-untyped]

LOOK = ["metric", "scope_id"]
STRATUM = [*LOOK, "stratum"]
CELL = [*STRATUM, "is_recent"]
# The author of fewer pull requests than this is one of many: together they are one stratum of their repository.
MIN_OF_AUTHOR = 3
INTERVAL = 0.95
# Two are lost to the two sides.
MIN_WEEKS = 4


def strata(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `stratum`, from the columns `metric`, `scope_id`, `repository_id` and `author`."""
    of_author = pl.len().over(*LOOK, "repository_id", "author")
    author = pl.when(of_author >= MIN_OF_AUTHOR).then("author").otherwise(pl.lit(""))
    return rows.with_columns(stratum=pl.concat_str("repository_id", author, separator="\n"))


def compare(rows: pl.DataFrame) -> pl.DataFrame:
    """Compare both sides of each look; one row per `metric` and `scope_id`, unless it has under 4 weeks.

    `rows` has one row per pull request and look: `metric`, `scope_id`, `stratum`, `week`, `is_recent`, `y`. The result
    has `difference` (recent less before, in units of `y`), `weight` (by which differences of repositories average to
    that of their team), `own_variance` and `own_df` (of pull requests that differ), `week_effect` (variance of what a
    week adds to all of its pull requests), `week_lever` (how much of it reaches the difference) and `weeks`.
    """
    placed = _with_coefficients(rows)
    by_week = placed.group_by(*LOOK, "week").agg(
        pull=(pl.col("coefficient") * pl.col("rest")).sum(), lever=pl.col("coefficient").sum()
    )
    weeks = by_week.group_by(LOOK).agg(
        weeks=pl.len(), between=(pl.col("pull") ** 2).sum(), week_lever=(pl.col("lever") ** 2).sum()
    )
    looks = placed.group_by(LOOK).agg(
        difference=(pl.col("coefficient") * pl.col("y")).sum(),
        weight=pl.col("weight").sum(),
        own_df=pl.len() - (1 / pl.col("n_cell")).sum(),
        rest=(pl.col("rest") ** 2).sum(),
        lever=(pl.col("coefficient") ** 2).sum(),
    )
    found = looks.join(weeks, on=LOOK).filter((pl.col("weeks") >= MIN_WEEKS) & (pl.col("own_df") > 0.5))
    between = pl.col("between") * pl.col("weeks") / (pl.col("weeks") - 2)
    return (
        found.with_columns(own_variance=pl.col("rest") / pl.col("own_df") * pl.col("lever"))
        .with_columns(week_effect=(between - pl.col("own_variance")) / pl.col("week_lever"))
        .drop("rest", "lever", "between")
    )


def add_interval(compared: pl.DataFrame, week_effect: pl.Expr) -> pl.DataFrame:
    """Add `low` and `high`, the 95 % interval of the difference.

    `week_effect` is the variance of what a week adds, at least 0, as the caller pools it over looks.
    """
    by_week = week_effect * pl.col("week_lever")
    variance = pl.col("own_variance") + by_week
    df = variance**2 / (pl.col("own_variance") ** 2 / pl.col("own_df") + by_week**2 / (pl.col("weeks") - 2))
    judged = compared.with_columns(_error=variance.sqrt(), _df=df.fill_nan(1.0))
    reach = pl.Series(stdtrit(judged["_df"].to_numpy(), 0.5 + INTERVAL / 2), dtype=pl.Float64) * judged["_error"]
    return judged.drop("_error", "_df").with_columns(
        low=pl.col("difference") - reach, high=pl.col("difference") + reach
    )


def _with_coefficients(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what each pull request adds to the difference, and how far it lies from the mean of its stratum and side."""
    sized = rows.with_columns(
        n=pl.len().over(STRATUM),
        n_recent=pl.col("is_recent").sum().over(STRATUM),
        n_cell=pl.len().over(CELL),
        rest=pl.col("y") - pl.col("y").mean().over(CELL),
    )
    recent, before = pl.col("n_recent") / pl.col("n"), 1 - pl.col("n_recent") / pl.col("n")
    weighed = sized.with_columns(
        weight=recent * before, coefficient=pl.when("is_recent").then(before).otherwise(-recent)
    ).filter(pl.col("weight").sum().over(LOOK) > 0)
    return weighed.with_columns(coefficient=pl.col("coefficient") / pl.col("weight").sum().over(LOOK))
