"""Accounts: humans, bots, and the bots that review with a language model.

A bot is known by GitHub's type, by the suffix of its login, by the list in `known_bots.py` or by the team's own list.
An account that only looks or behaves like one is proposed (`find_suspected_bots`), never decided.
"""

from collections.abc import Collection
from datetime import timedelta

import polars as pl

from warehouse.metrics.accounts.known_bots import (
    AI_REVIEWERS,
    AI_REVIEWERS_BY_COMMON_NAME,
    CODING_AGENTS,
    CODING_AGENTS_BY_COMMON_NAME,
    SHIPPED_BOTS,
)
from warehouse.metrics.facts import Facts, once

GHOST = "ghost"
"""Stands for every deleted account: GitHub gives `author: null` for them."""

BOT_SUFFIX = "[bot]"


def account_key(account_id: str | None, login: str) -> str:
    """Return what an account is known by: its node id; @ and the login in lower case if none is known."""
    return account_id or f"@{login.lower()}"


ACCOUNT_KEY = "coalesce(author_id, '@' || lower(author_login))"
"""The same in SQL, of the columns author_id and author_login."""


def bot_reason(login: str, kind: str | None, extra_bots: Collection[str] = ()) -> str | None:
    """Return the rule that makes this account a bot: `type`, `login` or `list`; None for a human, including `ghost`.

    `kind` is the GraphQL type of the account, `extra_bots` the team's own list; case does not matter.
    """
    name = login.lower()
    if kind == "Bot":
        return "type"
    if name.endswith(BOT_SUFFIX):
        return "login"
    if name in SHIPPED_BOTS | AI_REVIEWERS | CODING_AGENTS or name in {extra.lower() for extra in extra_bots}:
        return "list"
    return None


def is_ai_reviewer(login: str, kind: str | None = None) -> bool:
    """Return True for a bot that reviews with a language model.

    Logins may come from GraphQL (`coderabbitai`) or from REST (`coderabbitai[bot]`). Names that people have too
    (`claude`) count only with kind `Bot` or the suffix.
    """
    name = login.lower().removesuffix(BOT_SUFFIX)
    is_app = kind == "Bot" or login.lower().endswith(BOT_SUFFIX)
    return name in AI_REVIEWERS or (is_app and name in AI_REVIEWERS_BY_COMMON_NAME)


def is_coding_agent(login: str, kind: str | None = None) -> bool:
    """Return True for an account that opens pull requests as a coding agent; common names count only as apps."""
    name = login.lower().removesuffix(BOT_SUFFIX)
    is_app = kind == "Bot" or login.lower().endswith(BOT_SUFFIX)
    return name in CODING_AGENTS or (is_app and name in CODING_AGENTS_BY_COMMON_NAME)


# An account of type User that responds to almost every pull request within a minute is not a person.
SUSPECT_RESPONSE_WITHIN = timedelta(seconds=60)
# Nor is one that responds after the same time again and again: hardly any two responses of a person take as long.
STEADY_WITHIN = timedelta(seconds=30)
STEADY_SHARE_OF_DELAY = 0.1
SUSPECT_SHARE = 0.8
SUSPECT_MIN_PULL_REQUESTS = 10
# Names that teams give to their machines: acme-ci-bot, acme_bot, deploy-robot, acme-ci. Not "abbott", "robot-dreams".
SUSPECT_NAMES = (
    r"(?i)([-_](ro)?bot|[-_](ci|cicd|automation|autobuild|buildbot|build-user|service-account|machine-user))$"
)

# Logins have no underscore but in an enterprise that manages its accounts, which ends all of them in its short code:
# https://docs.github.com/en/enterprise-cloud@latest/admin/managing-iam/iam-configuration-reference/username-considerations-for-external-authentication
SHORT_CODE = r"_[A-Za-z0-9]{2,8}$"
MIN_OF_SHORT_CODE = 3


AUTHORED = ("pull_requests", "reviews", "review_comments", "comments")
"""The tables whose rows name the account that wrote them."""


@once
def compute_accounts(facts: Facts) -> pl.DataFrame:
    """Return one row per account that appears in `facts`: the columns of `decide_accounts`."""
    columns = {"account_id": "author_id", "login": "author_login", "kind": "author_kind"}
    seen = pl.concat(frame.select(**columns).unique() for frame in (getattr(facts, name) for name in AUTHORED))
    return decide_accounts(seen, facts.people)


def decide_accounts(seen: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Decide on every account of `seen`: `account_id`, `login`, `is_bot`, `is_ai_reviewer`, `is_agent`.

    `seen` has `account_id`, `login` and `kind`. `people` (`account_id`, `is_bot`) decides if it has a say (a person may
    have overruled the rules), else `bot_reason`.
    """
    known = seen.drop_nulls("login").sort("kind", "login", nulls_last=True).unique("account_id", keep="first")
    accounts = list(known.select("login", "kind").iter_rows())
    found = known.with_columns(
        by_rule=pl.Series([bot_reason(*account) is not None for account in accounts], dtype=pl.Boolean),
        is_ai_reviewer=pl.Series([is_ai_reviewer(*account) for account in accounts], dtype=pl.Boolean),
        is_agent=pl.Series([is_coding_agent(*account) for account in accounts], dtype=pl.Boolean),
    )
    decided = people.select("account_id", "is_bot").unique("account_id")
    return found.join(decided, on="account_id", how="left").select(
        "account_id", "login", pl.coalesce("is_bot", "by_rule").alias("is_bot"), "is_ai_reviewer", "is_agent"
    )


def name_accounts(accounts: pl.DataFrame) -> pl.DataFrame:
    """Name each account of `accounts` (`account_id`, `login`) for people: `account_id`, `name`, both unique.

    That is its login. Two accounts have one login if one was deleted and the other took its login: then the id is
    beside it.
    """
    unique = (
        accounts.select("account_id", "login").sort("login").unique("account_id", keep="first", maintain_order=True)
    )
    is_shared = pl.len().over(pl.col("login").str.to_lowercase()) > 1
    with_id = pl.format("{} ({})", "login", "account_id")
    return unique.select("account_id", name=pl.when(is_shared).then(with_id).otherwise("login"))


def find_suspected_bots(facts: Facts) -> pl.DataFrame:
    """Return `suspect_bots` of these facts."""
    return suspect_bots(compute_accounts(facts), find_first_responses(facts))


def suspect_bots(accounts: pl.DataFrame, first_responses: pl.DataFrame) -> pl.DataFrame:
    """Find accounts that count as humans but look or respond like bots, for a person to confirm.

    `first_responses` are those of `find_first_responses`, of all repositories.
    One row per account: `account_id`, `login`, `pull_requests_count` of others that it responded to, `quick_share`:
    those of them with a response within a minute of the opening, NULL unless that is why, and `evidence` in words.
    """
    humans = accounts.filter(~pl.col("is_bot"), pl.col("account_id") != account_key(None, GHOST))
    found = humans.select("account_id", "login").join(_measure_delays(first_responses), on="account_id", how="left")
    is_many = pl.col("pull_requests_count") >= SUSPECT_MIN_PULL_REQUESTS
    is_quick = (is_many & (pl.col("_quick") > SUSPECT_SHARE)).fill_null(value=False)
    is_steady = (is_many & (pl.col("_steady") > SUSPECT_SHARE)).fill_null(value=False)
    return (
        found.filter(is_quick | is_steady | _is_named_like_a_machine())
        .select(
            "account_id",
            "login",
            pl.col("pull_requests_count").fill_null(0),
            quick_share=pl.when(is_quick).then("_quick"),
            evidence=_describe(is_quick, is_steady),
        )
        .sort("login", "account_id")
    )


def _is_named_like_a_machine() -> pl.Expr:
    """Return whether the login is, without the short code of an enterprise; one that several have is no name."""
    login = pl.col("login")
    code, bare = login.str.extract(f"({SHORT_CODE})").str.to_lowercase(), login.str.replace(SHORT_CODE, "")
    is_of_enterprise = code.is_not_null() & (pl.len().over(code) >= MIN_OF_SHORT_CODE)
    return bare.str.contains(SUSPECT_NAMES) | (login.str.contains(SUSPECT_NAMES) & ~is_of_enterprise)


def find_first_responses(facts: Facts) -> pl.DataFrame:
    """Return how long each account took to respond to each pull request of others: `account_id`, `delay`."""
    opened = facts.pull_requests.select(pull_request_id="id", opened_at="created_at", opener="author_id")
    return (
        compute_responses(facts)
        .join(opened, on="pull_request_id")
        .filter(is_by_another())
        .group_by("account_id", "pull_request_id")
        .agg(delay=pl.col("at").min() - pl.col("opened_at").first())
        .select("account_id", "delay")
    )


def _measure_delays(first_responses: pl.DataFrame) -> pl.DataFrame:
    """Return how soon and how evenly each account responds to what others opened.

    `_quick` is the share of its first responses within a minute, `_steady` that within a tenth (at least 30 seconds) of
    its median delay, `_delay`.
    """
    delay, median = pl.col("delay"), pl.col("delay").median()
    reach = pl.max_horizontal(median * STEADY_SHARE_OF_DELAY, pl.lit(STEADY_WITHIN))
    return first_responses.group_by("account_id").agg(
        pull_requests_count=pl.len(),
        _quick=(delay <= SUSPECT_RESPONSE_WITHIN).mean(),
        _steady=((delay - median).abs() <= reach).mean(),
        _delay=median,
    )


def _describe(is_quick: pl.Expr, is_steady: pl.Expr) -> pl.Expr:
    """Return the evidence in words: the behaviour if it shows one, else the name."""
    quick = pl.format("{} % answered within 60 s", (100 * pl.col("_quick")).round().cast(pl.Int64))
    steady = pl.format(
        "{} % of {} answered about {} min after the opening",
        (100 * pl.col("_steady")).round().cast(pl.Int64),
        "pull_requests_count",
        (pl.col("_delay").dt.total_seconds() / 60).round().cast(pl.Int64),
    )
    return pl.when(is_quick).then(quick).when(is_steady).then(steady).otherwise(pl.lit("named like a machine"))


@once
def compute_responses(facts: Facts) -> pl.DataFrame:
    """Return one row per comment or submitted review: `pull_request_id`, `account_id`, `at`."""
    return pl.concat(
        [
            facts.comments.select("pull_request_id", account_id="author_id", at="created_at"),
            submitted_reviews(facts).select("pull_request_id", account_id="author_id", at="submitted_at"),
        ]
    )


def submitted_reviews(facts: Facts) -> pl.DataFrame:
    """Return the reviews that were submitted."""
    return facts.reviews.filter(is_submitted())


def is_submitted() -> pl.Expr:
    """Select submitted reviews: a PENDING one is a draft of its author."""
    return pl.col("submitted_at").is_not_null() & (pl.col("state") != "PENDING")


def is_by_another() -> pl.Expr:
    """Select rows whose `account_id` is not the `opener`; two deleted accounts are the same person."""
    return pl.col("account_id") != pl.col("opener")
