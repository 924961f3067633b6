"""`prflow notify list`, `add` and `remove`."""

from flows.cli.parts.home import find_home, opened
from flows.cli.parts.terminal import Terminal, print_json
from flows.cli.teams.idle import report
from flows.lifecycle.clock import now
from tasks.messages import addresses
from warehouse.reads.messages import read_unsent
from warehouse.teams.choice import choose_team
from warehouse.words import plural


def show_addresses(as_json: bool) -> None:
    """Print who gets the messages of each team, and what could not be sent yet."""
    with opened(find_home()) as warehouse:
        teams = warehouse.read("SELECT team_id FROM teams ORDER BY team_id")["team_id"].to_list()
        find = addresses.address_book(warehouse)
        found = {team: find(team) for team in teams}
        unsent = read_unsent(warehouse)
    if as_json:
        rows = {team: [vars(one) for one in each] for team, each in found.items()}
        print_json({"teams": rows, "channels": sorted(addresses.open_channels()), "unsent": unsent.to_dicts()})
        return
    console = Terminal(soft_wrap=True)
    for team, each in found.items():
        console.print(f"{team}: {addresses.name_addresses(each)}")
    if not addresses.open_channels():
        console.print("No channel for messages is set: see docs/notifications.md.")
    for row in unsent.to_dicts():
        console.print(f"{plural(row['count'], 'message')} by {row['channel']} {row['state']}: {row['error'] or ''}")


def add(team: str, channel: str, address: str, as_json: bool) -> None:
    """Add an address; BadArgument if it is none, UnknownTeam if there is no such team."""
    address = addresses.check_address(channel, address)
    with opened(find_home()) as warehouse:
        team_id = choose_team(warehouse, team)
        addresses.add_recipient(warehouse, team_id, channel, address, now())
    is_set = channel in addresses.open_channels()
    words = f"Messages of {team_id} go to {address} by {channel}"
    words += ". Try it with `prflow notify test`." if is_set else f" once {channel} is set: see docs/notifications.md."
    report(as_json, {"team": team_id, "channel": channel, "address": address, "is_set": is_set}, words)


def remove(team: str, channel: str, address: str, as_json: bool) -> None:
    """Remove an address; BadArgument if the team does not have it."""
    with opened(find_home()) as warehouse:
        team_id = choose_team(warehouse, team)
        addresses.remove_recipient(warehouse, team_id, channel, address)
    facts: dict[str, object] = {"team": team_id, "channel": channel, "address": address}
    report(as_json, facts, f"Messages of {team_id} no longer go to {address} by {channel}.")
