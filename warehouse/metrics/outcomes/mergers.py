"""Who had a pull request merged: a queue and auto-merge merge for whoever asked them to."""

import polars as pl

from warehouse.metrics.accounts.people import bot_reason
from warehouse.metrics.facts import KEY, Facts

MERGE_QUEUE, AUTO_MERGE, LANDED = "merge_queue", "auto_merge", "bot"
KEY_OF_ID = pl.col("id").alias(KEY)
_ENABLED = ("AutoMergeEnabled", "AutoSquashEnabled", "AutoRebaseEnabled")


def find_mergers(facts: Facts) -> pl.DataFrame:
    """Return one row per merged pull request: `merged_by_login`, who asked for it, and `merged_through`.

    `merged_through` is merge_queue, auto_merge, or bot for one that was landed and closed; NULL if a person merged it.
    `facts` are those of `apply_landings`. A queue counts if a bot merged: a person may merge past it.
    """
    merged = facts.pull_requests.filter(pl.col("merged_at").is_not_null())
    asked = merged.join(_find_requests(facts, merged), on="id", how="left")
    logins = asked["merged_by_login"].unique().drop_nulls().to_list()
    decided = dict(facts.people.select("login", "is_bot").iter_rows())
    kinds = dict(facts.people.select("login", "kind").iter_rows())
    bots = [login for login in logins if decided.get(login, bot_reason(login, kinds.get(login)) is not None)]
    is_by_bot = pl.col("merged_by_login").is_in(bots).fill_null(value=False)
    is_queued = is_by_bot & pl.col("_queued_by").is_not_null()
    is_auto = pl.col("_auto_by").is_not_null()
    return asked.select(
        pl.col("id").alias(KEY),
        pl.when(is_queued)
        .then("_queued_by")
        .when(is_by_bot & is_auto)
        .then("_auto_by")
        .otherwise("merged_by_login")
        .alias("merged_by_login"),
        pl.when(pl.col("landed_by").is_not_null())
        .then(pl.lit(LANDED))
        .when(is_queued)
        .then(pl.lit(MERGE_QUEUE))
        .when(is_auto)
        .then(pl.lit(AUTO_MERGE))
        .alias("merged_through"),
    )


def _find_requests(facts: Facts, merged: pl.DataFrame) -> pl.DataFrame:
    """Return who had asked the queue, `_queued_by`, and auto-merge, `_auto_by`, to merge it; `id`."""
    times = merged.select(KEY_OF_ID, "merged_at")
    before = facts.timeline_events.join(times, on=KEY).filter(pl.col("created_at") <= pl.col("merged_at"))
    queued = before.filter(pl.col("kind") == "AddedToMergeQueue")
    switched = before.filter(pl.col("kind").is_in([*_ENABLED, "AutoMergeDisabled"]))
    still = _last(switched).filter(pl.col("kind") != "AutoMergeDisabled")
    # The pull request says it too, as of the fetch, for warehouses whose events were not asked for yet.
    stated = merged.filter(pl.col("auto_merge_enabled_at") <= pl.col("merged_at"))
    autos = pl.concat(
        [still.select(id=KEY, _auto_by="actor_login"), stated.select("id", _auto_by="auto_merge_by_login")]
    ).unique("id", keep="first", maintain_order=True)
    return _last(queued).select(id=KEY, _queued_by="subject").join(autos, on="id", how="full", coalesce=True)


def _last(events: pl.DataFrame) -> pl.DataFrame:
    return events.sort("created_at", "id").unique(KEY, keep="last", maintain_order=True)
