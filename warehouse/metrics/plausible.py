"""Which dates of commits can be: they come from the clocks of other people's machines, all others from GitHub's.

A date that cannot be is no anchor, no sign of life and no push, and counts in `implausible_commits_count`.
"""

from datetime import UTC, datetime, timedelta

import polars as pl

from warehouse.metrics.facts import KEY, Facts, once

# The first version of git: https://git.kernel.org/pub/scm/git/git.git/commit/?id=e83c5163316f89bfbde7d9ab23ca2e25604af290
GIT_BEGAN = datetime(2005, 4, 7, tzinfo=UTC)
# Work often begins before its repository is on GitHub, but what was written years before was only carried along.
MAX_BEFORE_REPOSITORY = timedelta(days=365)
# By how much a machine that keeps its clock may differ from GitHub's.
CLOCK_TOLERANCE = timedelta(minutes=10)
DATES = ("authored_at", "committed_at")


@once
def judge_commits(facts: Facts) -> pl.DataFrame:
    """Return the commits with the dates that cannot be set to NULL, and `is_implausible` if one of them is.

    A push moves updatedAt, and nothing is pushed into a pull request after its merge: no commit is younger than
    either, by GitHub's clock.
    """
    repositories = facts.repositories.select(repository_id="id", _created_at="created_at")
    bounds = facts.pull_requests.join(repositories, on="repository_id", how="left").select(
        pl.col("id").alias(KEY),
        _first=pl.max_horizontal(pl.lit(GIT_BEGAN), pl.col("_created_at") - MAX_BEFORE_REPOSITORY),
        _last=pl.min_horizontal("updated_at", "merged_at") + CLOCK_TOLERANCE,
    )
    commits = facts.commits.join(bounds, on=KEY, how="left")
    wrong = {name: _is_implausible(name) for name in DATES}
    return commits.with_columns(
        *(pl.when(~is_wrong).then(pl.col(name)).alias(name) for name, is_wrong in wrong.items()),
        is_implausible=pl.any_horizontal(wrong.values()),
    ).drop("_first", "_last")


def _is_implausible(name: str) -> pl.Expr:
    is_early = (pl.col(name) < pl.col("_first")).fill_null(value=False)
    return is_early | (pl.col(name) > pl.col("_last")).fill_null(value=False)
