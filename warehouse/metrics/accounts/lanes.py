"""The lanes of pull requests: what opened one decides in which numbers it counts.

Delivery counts persons and agents. Automation (dependency and release bots, CI) is a lane apart, and so are bots that
review with a language model. Numbers of people count persons; the pull request of an agent counts for the person who
asked for it, if GitHub says who that is.
"""

import polars as pl

from warehouse.metrics.accounts.known_bots import DEPENDENCY_BOTS
from warehouse.metrics.accounts.lane import APART, Lane
from warehouse.metrics.accounts.people import GHOST, compute_accounts
from warehouse.metrics.facts import KEY, Facts

_NO_BOT = pl.lit(value=False)
_NO_PERSON = pl.lit(None, dtype=pl.String)


def find_lanes(facts: Facts) -> pl.DataFrame:
    """Return one row per pull request: `author_lane`, `is_bot` and who asked an agent for it.

    `requested_by_id` and `requested_by_login` are NULL unless an agent opened it and exactly one person is its
    assignee, or else the only one whose review the agent asked for, or else the only author of its commits. `is_bot` is
    true in the lanes that delivery does not count.
    """
    accounts = compute_accounts(facts)
    opened = (
        facts.pull_requests.select(pl.col("id").alias(KEY), "author_id", "author_login")
        .join(accounts.rename({"account_id": "author_id"}).drop("login"), on="author_id", how="left")
        .join(facts.pr_analysis.select(KEY, "ai_level").unique(KEY), on=KEY, how="left")
    )
    rows = opened.select(KEY, author_lane=_lane())
    agents = rows.filter(pl.col("author_lane") == Lane.AGENT.value).select(KEY)
    asked = _find_requesters(facts, agents, _find_persons(facts, accounts))
    is_apart = pl.col("author_lane").is_in(APART)
    return rows.join(asked, on=KEY, how="left").with_columns(is_bot=is_apart)


def _lane() -> pl.Expr:
    """Automation of which the evidence says that an agent wrote with it (a workflow, for instance) is an agent."""
    login = pl.col("author_login").str.to_lowercase().str.strip_suffix("[bot]")
    by_evidence = (pl.col("ai_level") == "authored") & ~login.is_in(list(DEPENDENCY_BOTS)) & ~pl.col("is_ai_reviewer")
    is_agent = pl.col("is_agent") | by_evidence.fill_null(value=False)
    return (
        pl.when(pl.coalesce("is_bot", _NO_BOT) & is_agent)
        .then(pl.lit(Lane.AGENT.value))
        .when(pl.coalesce("is_bot", _NO_BOT) & pl.col("is_ai_reviewer"))
        .then(pl.lit(Lane.AI_REVIEWER.value))
        .when(pl.coalesce("is_bot", _NO_BOT))
        .then(pl.lit(Lane.AUTOMATION.value))
        .when(pl.coalesce(pl.col("author_login") == GHOST, pl.lit(value=True)))
        .then(pl.lit(Lane.GHOST.value))
        .otherwise(pl.lit(Lane.PERSON.value))
    )


def _find_persons(facts: Facts, accounts: pl.DataFrame) -> pl.DataFrame:
    """Return the accounts that are persons, also those that neither opened nor reviewed anything."""
    seen = accounts.filter(~pl.col("is_bot")).select("account_id", "login")
    known = facts.people.filter(~pl.col("is_bot")).select("account_id", "login")
    return (
        pl.concat([seen, known])
        .filter(pl.col("login") != GHOST)
        .unique("account_id", keep="first", maintain_order=True)
    )


def _find_requesters(facts: Facts, agents: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Return the person who asked for each pull request of `agents`, if one is known."""
    if agents.is_empty():
        nobody = dict.fromkeys(("requested_by_id", "requested_by_login"), pl.String())
        return pl.DataFrame(schema={KEY: agents.schema[KEY], **nobody})
    opened = facts.pull_requests.rename({"id": KEY}).join(agents, on=KEY, how="semi")
    assigned = opened.select(KEY, account_id="assignee_ids").explode("account_id")
    requests = facts.timeline_events.filter(pl.col("kind") == "ReviewRequested").join(
        opened.select(KEY, "author_id", "author_login"), on=KEY
    )
    by_agent = requests.filter(
        (pl.col("actor_id") == pl.col("author_id")) | (pl.col("actor_login") == pl.col("author_login"))
    ).select(KEY, account_id="subject_id")
    written = facts.commits.join(agents, on=KEY, how="semi").select(KEY, account_id="author_id")
    found = agents
    for name, accounts in {"_assigned": assigned, "_by_agent": by_agent, "_written": written}.items():
        found = found.join(_only(accounts, people).rename({"account_id": name}), on=KEY, how="left")
    asked = found.select(KEY, requested_by_id=pl.coalesce("_assigned", "_by_agent", "_written"))
    names = people.select(requested_by_id="account_id", requested_by_login="login")
    return asked.join(names, on="requested_by_id", how="left")


def _only(accounts: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Select the persons, of pull requests that have exactly one."""
    persons = accounts.unique().join(people.select("account_id"), on="account_id", how="semi")
    return persons.filter(pl.len().over(KEY) == 1)
