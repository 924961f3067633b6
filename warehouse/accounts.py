"""A person's decision about an account: bot, human, or by the rules.

The rules never overrule a decision: a sync leaves every account that it already knows as it is.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import polars as pl

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.metrics.accounts.people import bot_reason
from warehouse.store import Merge, commit


class Verdict(StrEnum):
    BOT = "bot"
    HUMAN = "human"
    BY_RULES = "by rules"


class UnknownAccount(PrflowError, LookupError):
    """No account of that login appears in the team's pull requests."""


def decide(warehouse: Warehouse, team_id: str, logins: Sequence[str], verdict: Verdict, now: datetime) -> None:
    """Store the verdict on each of these accounts, all or none; raise UnknownAccount if one does not exist.

    A verdict is on the account, not on its login: it stays if the account is renamed.
    """
    rows = [_decided(_read_account(warehouse, team_id, login), verdict, now) for login in logins]
    if rows:
        commit(warehouse, Merge(schema.people, schema.frame(schema.people, rows, rows[0])))


def _read_account(warehouse: Warehouse, team_id: str, login: str) -> dict[str, object]:
    row = warehouse.read_one(_BY_LOGIN, {"team": team_id, "login": login})
    if row is None:
        raise UnknownAccount(f"No account {login} was seen in the pull requests of {team_id}.")
    return row


def _decided(account: dict[str, object], verdict: Verdict, now: datetime) -> dict[str, object]:
    kind = account.pop("kind")
    is_suspected = {account.pop("quick_answers_share"), account.pop("bot_evidence")} != {None}
    by_rules = bot_reason(str(account["login"]), None if kind is None else str(kind))
    reasons = {
        Verdict.BOT: by_rules or ("behaviour" if is_suspected else "person"),
        Verdict.HUMAN: None,
        Verdict.BY_RULES: by_rules,
    }
    reason = reasons[verdict]
    return {
        **account,
        "is_bot": reason is not None,
        "bot_reason": reason,
        "quick_answers_share": None,  # a proposal is over once it is decided
        "bot_evidence": None,
        "decided_at": None if verdict is Verdict.BY_RULES else now,
    }


def change_proposals(warehouse: Warehouse, team_id: str, suspects: pl.DataFrame) -> Merge:
    """Make the writes that update the proposals: new ones with their share, outdated ones without.

    `suspects` are those of `suspect_bots`.
    Accounts that a person decided on are not proposed again.
    """
    stored = warehouse.read(
        "SELECT account_id, login, quick_answers_share, bot_evidence, decided_at FROM people WHERE team_id = ?",
        [team_id],
    )
    decided = stored.drop_nulls("decided_at")
    proposed = suspects.select("account_id", "login", quick_answers_share="quick_share", bot_evidence="evidence")
    proposed = proposed.join(decided, on="account_id", how="anti")
    over = (
        stored.filter(pl.any_horizontal(pl.col("quick_answers_share", "bot_evidence").is_not_null()))
        .join(proposed, on="account_id", how="anti")
        .select("account_id", "login")
    )
    rows = pl.concat([proposed, over], how="diagonal_relaxed")
    return Merge(
        schema.people,
        rows.select(
            pl.lit(team_id).alias("team_id"),
            "account_id",
            "login",
            pl.col("quick_answers_share").cast(pl.Float64),
            pl.col("bot_evidence").cast(pl.String),
        ),
    )


# By the login of today; if nobody has it, by an earlier one. A deleted account may have the login of another.
_BY_LOGIN = """
SELECT p.team_id, p.account_id, p.login, p.kind, p.quick_answers_share, p.bot_evidence
FROM people p
LEFT JOIN accounts a ON a.team_id = p.team_id AND a.id = p.account_id
LEFT JOIN account_logins l
    ON l.team_id = p.team_id AND l.account_id = p.account_id AND l.until IS NOT NULL AND lower(l.login) = lower($login)
WHERE p.team_id = $team AND (lower(p.login) = lower($login) OR l.login IS NOT NULL)
ORDER BY lower(p.login) = lower($login) DESC, a.gone_at IS NULL DESC, l.until DESC, p.account_id
"""
