"""Pull requests that a bot landed itself and then closed: GitHub calls them closed, their commits are on the branch.

Told by the commit that closed it, by the titles and labels that merge bots write, and by what the team names. The
commit of another merged pull request that closes this one ("Closes #12") has replaced it, not landed it.
"""

from dataclasses import replace

import polars as pl

from warehouse.metrics.facts import KEY, Facts, once
from warehouse.metrics.outcomes.team_rules import (
    SHIPPED_LANDED_LABELS,
    SHIPPED_LANDED_TITLES,
    Rule,
    TeamRules,
    Told,
    any_label,
    matches,
)

KEY_OF_ID = pl.col("id").alias(KEY)


def apply_landings(facts: Facts) -> Facts:
    """Return the facts with landed pull requests merged when they were closed, and `landed_by`: title, label, commit.

    `landed_by` is NULL for those that GitHub merged and for those that were not merged.
    """
    rules = TeamRules.of(facts.team_settings.select("name", "value").iter_rows())
    is_closed = pl.col("merged_at").is_null() & (pl.col("state") == "CLOSED")
    pull_requests = facts.pull_requests.join(_find_closers(facts), on="id", how="left").with_columns(
        landed_by=pl.when(is_closed).then(_landed_by(rules))
    )
    is_landed = pl.col("landed_by").is_not_null()
    return replace(
        facts,
        pull_requests=pull_requests.with_columns(
            merged_at=pl.when(is_landed).then("closed_at").otherwise("merged_at"),
            state=pl.when(is_landed).then(pl.lit("MERGED")).otherwise("state"),
            merged_by_login=pl.when(is_landed).then("_closer").otherwise("merged_by_login"),
        ).drop("_closer", "_closed_by"),
    )


def _landed_by(rules: TeamRules) -> pl.Expr:
    is_told = rules.tells(Told.LANDED)
    titles = (*rules.of_kind(Rule.LANDED_TITLE), *(SHIPPED_LANDED_TITLES if is_told else ()))
    labels = (*rules.of_kind(Rule.LANDED_LABEL), *(SHIPPED_LANDED_LABELS if is_told else ()))
    by_title = [matches(pl.col("title"), title, is_beginning=True) for title in titles]
    by_label = [any_label(label) for label in labels]
    by_commit = pl.col("_closed_by").is_not_null() & pl.lit(is_told)
    never = pl.lit(value=False)
    return (
        pl.when(pl.any_horizontal(never, *by_title))
        .then(pl.lit("title"))
        .when(pl.any_horizontal(never, *by_label))
        .then(pl.lit("label"))
        .when(by_commit)
        .then(pl.lit("commit"))
    )


def _find_closers(facts: Facts) -> pl.DataFrame:
    """Return who closed each pull request last, `_closer`, and the commit that closed it, `_closed_by`; `id`."""
    closings = facts.timeline_events.filter(pl.col("kind") == "Closed")
    last = closings.sort("created_at", "id").unique(KEY, keep="last", maintain_order=True)
    replaced = last.join(find_replacements(facts), left_on=[KEY, "subject"], right_on=[KEY, "oid"], how="semi")
    is_commit = ~pl.col("subject").str.contains("#", literal=True) & ~pl.col(KEY).is_in(replaced[KEY].implode())
    return last.select(
        pl.col(KEY).alias("id"),
        pl.col("actor_login").alias("_closer"),
        pl.when(is_commit).then("subject").alias("_closed_by"),
    )


@once
def find_replacements(facts: Facts) -> pl.DataFrame:
    """Return the commits of a merged pull request that closed another one: that other one's `pull_request_id`, `oid`.

    They may be of another repository, so they are found in all of them at once.
    """
    closed = facts.timeline_events.filter(pl.col("kind") == "Closed").select(KEY, oid="subject").drop_nulls()
    merged = facts.pull_requests.filter(pl.col("merged_at").is_not_null()).select(KEY_OF_ID, oid="merge_commit_oid")
    others = pl.concat([merged, facts.commits.select(KEY, "oid").join(merged, on=KEY, how="semi")]).drop_nulls()
    replaced = closed.join(others, on="oid").filter(pl.col(KEY) != pl.col(f"{KEY}_right"))
    return replaced.select(KEY, "oid").unique()
