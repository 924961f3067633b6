"""`prflow bots`: list the accounts that count as bots or behave like one, and keep a person's decisions."""

import polars as pl
from rich.table import Column, Table

from flows.cli.parts.home import find_home
from flows.cli.parts.terminal import Terminal, print_json
from flows.lifecycle.clock import now
from warehouse.accounts import Verdict, decide
from warehouse.connection import Warehouse
from warehouse.guard.untrusted import one_line
from warehouse.measure import measure_again
from warehouse.reads.bots import read_bots
from warehouse.teams.choice import choose_team
from warehouse.words import name_kind, percent


def show_bots(team: str | None, decisions: dict[Verdict, list[str]], as_json: bool) -> None:
    """Keep the decisions (all or none), then list the accounts."""
    home, is_measured = find_home(), False
    if any(decisions.values()):
        with Warehouse(home.settings) as warehouse:
            team_id = choose_team(warehouse, team)
            for verdict, logins in decisions.items():
                decide(warehouse, team_id, logins, verdict, now())
            is_measured = measure_again(warehouse, team_id, now())
    with Warehouse(home.settings, read_only=True) as warehouse:
        accounts = read_bots(warehouse, choose_team(warehouse, team))
    if as_json:
        print_json(accounts.to_dicts(), default=str)
        return
    draw_bots(Terminal(), accounts, is_decided=any(decisions.values()), is_measured=is_measured)


def say_saved(*, is_measured: bool) -> str:
    """Say what a decision or a setting changed."""
    return f"Saved. {'All numbers were computed again.' if is_measured else 'The numbers change with the next run.'}"


def draw_bots(console: Terminal, accounts: pl.DataFrame, *, is_decided: bool, is_measured: bool = False) -> None:
    if accounts.is_empty():
        console.print("No account counts as a bot or behaves like one.")
        return
    table = Table(Column("Account", overflow="fold"), "Counts as", "Because", "Opened", "Reviews", box=None)
    for one in accounts.iter_rows(named=True):
        login, why = one_line(one["login"]), one_line(say_why(one))
        counts_as = name_kind(is_bot=one["is_bot"], is_agent=one["is_agent"])
        table.add_row(login, counts_as, why, f"{one['opened']:,}", f"{one['reviews']:,}")
    console.print(table)
    if not accounts["is_bot"].all():
        console.print("Proposed ones count as humans until you decide: --bot LOGIN or --human LOGIN.")
    if is_decided:
        console.print(say_saved(is_measured=is_measured))


def say_why(account: dict[str, object]) -> str:
    """Return why the account counts as a bot or a human, and whether a person decided it."""
    decided = " (decided)" if account["decided_at"] else ""
    if account["is_bot"]:
        return f"{account['bot_reason'] or ''}{decided}"
    if evidence := account.get("bot_evidence"):
        return f"proposed: {evidence}"
    share = account["quick_answers_share"]
    return f"a person{decided}" if share is None else f"proposed: {percent(float(str(share)))} answered within 60 s"
