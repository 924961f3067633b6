"""`prflow notify test` and `prflow notify digest`."""

from datetime import date
from pathlib import Path

import typer

from flows.cli.parts.home import find_home, opened
from flows.cli.parts.terminal import Terminal, print_json
from flows.lifecycle.clock import now
from tasks.messages import sending
from tasks.messages.addresses import Channels, address_book, name_addresses, open_channels
from tasks.messages.channel import NotSent
from tasks.messages.digest import write_digest
from tasks.messages.letter import Letter, render_html, render_text
from tasks.messages.sending import Delivered
from tasks.messages.settings import MessageSettings
from tasks.messages.time_limit import limit_time
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument, NotConfigured
from warehouse.events.outbox import Address, add_message, has_waiting
from warehouse.events.problems import Notice
from warehouse.metrics.weeks import last_week
from warehouse.teams.choice import choose_team

NO_CHANNEL = "No channel for messages is set."
NO_CHANNEL_HINT = "Set PRFLOW_SMTP_HOST, Slack or PRFLOW_APPRISE_URLS: see docs/notifications.md."
MARKS = {True: "✓", False: "✗"}


def send_test(as_json: bool) -> None:
    """Send a test to every address of every channel; exit code 1 if one did not take it."""
    channels = limit_time(open_channels())
    if not channels:
        raise NotConfigured(NO_CHANNEL, NO_CHANNEL_HINT)
    with opened(find_home()) as warehouse:
        addresses = _all_addresses(warehouse)
    rows = [_try(channels, one) for one in addresses]
    rows += [_lacking(name) for name in channels if name not in {one.channel for one in addresses}]
    is_well = all(row["is_sent"] for row in rows)
    if as_json:
        print_json({"is_well": is_well, "messages": rows})
    else:
        console = Terminal(soft_wrap=True)
        for row in rows:
            console.print(f"{MARKS[bool(row['is_sent'])]} {row['channel']} {row['address']}: {row['message']}")
    if not is_well:
        raise typer.Exit(1)


def _all_addresses(warehouse: Warehouse) -> list[Address]:
    """Return the addresses of all teams, each once; before the first team those of the settings."""
    teams = warehouse.read("SELECT team_id FROM teams ORDER BY team_id")["team_id"].to_list() or [""]
    find = address_book(warehouse)
    return list(dict.fromkeys(one for team in teams for one in find(team)))


def _write_test(place: str) -> Letter:
    """Return the letter of `prflow notify test`."""
    words = "This is a test. What prflow has to tell arrives by this way: failures, and every week what changed."
    return Letter("prflow can reach you", (words, f"It was sent by {place}."))


def _try(channels: Channels, to: Address) -> dict[str, object]:
    try:
        channels[to.channel].send(to.address, _write_test(to.channel), f"test-{now():%Y%m%d%H%M%S%f}")
    except NotSent as error:
        return _row(to, f"{error} {error.hint}".strip(), is_sent=False)
    return _row(to, "The channel took the message.", is_sent=True)


def _lacking(channel: str) -> dict[str, object]:
    words = "It has no address. Add one with `prflow notify add TEAM CHANNEL ADDRESS`."
    return _row(Address(channel), words, is_sent=False)


def _row(to: Address, message: str, *, is_sent: bool) -> dict[str, object]:
    return {"channel": to.channel, "address": to.address, "is_sent": is_sent, "message": message}


def show_digest(owner: str | None, week: date | None, dry_run: bool, to: Path | None) -> None:
    """Send a team's digest to its addresses, or print or write it. NotConfigured if there is none to send it to."""
    home = find_home()
    with opened(home) as warehouse:
        team_id = choose_team(warehouse, owner)
        monday = _choose_week(warehouse, team_id, week)
        if dry_run or to is not None:
            _write(write_digest(warehouse, team_id, monday.isoformat(), now(), MessageSettings()), to)
        elif home.is_demo:
            raise BadArgument("The demo sends no messages.", "See its digest with --dry-run.")
        else:
            _send(warehouse, team_id, monday)


def _choose_week(warehouse: Warehouse, team_id: str, week: date | None) -> date:
    """Return the week, the last that is over if it is None. Raises BadArgument if it is not over."""
    row = warehouse.read_one("SELECT coalesce(timezone, 'UTC') AS timezone FROM teams WHERE team_id = ?", [team_id])
    last = last_week(str(row["timezone"]) if row else "UTC", now())
    if week is not None and week > last:
        raise BadArgument(f"The week of {week} is not over.", f"The last complete one is that of {last}.")
    return week or last


def _write(letter: Letter, to: Path | None) -> None:
    console = Terminal(soft_wrap=True)
    if to is None:
        console.print(f"{letter.clean().subject}\n\n{render_text(letter)}")
        return
    to.write_text(render_html(letter) if to.suffix == ".html" else render_text(letter), encoding="utf-8")
    console.print(f"Wrote {to}.")


def _send(warehouse: Warehouse, team_id: str, week: date) -> None:
    addresses = address_book(warehouse)(team_id)
    if not addresses:
        raise NotConfigured(f"Nobody gets the messages of {team_id}.", NO_CHANNEL_HINT)
    notice = Notice(team_id, "digest", f"digest:{week}", {"week": week.isoformat()})
    added = add_message(warehouse, notice, addresses, now())
    done = sending.start().finish() if has_waiting(warehouse, now()) else Delivered()
    console = Terminal(soft_wrap=True)
    if not added:
        console.print(f"The digest of {team_id} for the week of {week} was sent to {name_addresses(addresses)} before.")
    if done.sent:
        console.print(f"Sent {done.sent} to {name_addresses(addresses)}.")
    if done.failed:
        console.print(f"{done.failed} could not be sent: `prflow notify list` says why. The next run tries again.")
        raise typer.Exit(1)
