"""Which rows belong to a GitHub team: those of people who were its members then."""

import polars as pl

from warehouse.metrics.accounts.lane import PERSON, count_as_person
from warehouse.metrics.metric import Metric


def find_memberships(organisation_teams: pl.DataFrame, team_memberships: pl.DataFrame) -> pl.DataFrame:
    """Return the accounts of each GitHub team that exists: `organisation_team_id`, `account_id`, `_from`, `until`.

    `_from` is NULL for those who were members when the team was first read: nothing says that they were not before.
    """
    existing = organisation_teams.select(organisation_team_id="id")
    first = pl.col("since").min().over("organisation_team_id")
    is_first = pl.col("since") == first
    return team_memberships.join(existing, on="organisation_team_id", how="semi").select(
        "organisation_team_id", "account_id", "until", _from=pl.when(~is_first).then("since")
    )


def of_members(rows: pl.DataFrame, memberships: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    """Return the rows of each GitHub team: those of people who were members then.

    Pull requests count when they were opened, for their author or for who asked an agent for them; reviews when they
    were submitted.
    """
    if metric.source != "reviews" and PERSON[metric.source] not in rows.columns:
        rows = rows.with_columns(count_as_person().alias(PERSON[metric.source]))
    at = pl.col("submitted_at" if metric.source == "reviews" else "opened_at")
    accounts = memberships.with_columns(pl.col("account_id").cast(rows.schema[PERSON[metric.source]]))
    joined = rows.join(accounts, left_on=PERSON[metric.source], right_on="account_id")
    is_since = (pl.col("_from") <= at) | pl.col("_from").is_null()
    is_until = (pl.col("until") > at) | pl.col("until").is_null()
    return joined.filter(is_since & is_until)
