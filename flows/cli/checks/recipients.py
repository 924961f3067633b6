"""Whether those who get mails about a team may see it."""

from collections.abc import Iterator

from dashboard.access.claims import identify
from dashboard.access.rule import ClaimNames, What, may
from dashboard.access.settings import LoginSettings
from flows.cli.parts.home import Home
from tasks.checks import Check
from tasks.messages.addresses import address_book
from warehouse.connection import Warehouse
from warehouse.sources import MAIL


def check_recipients(warehouse: Warehouse, home: Home) -> Iterator[Check]:
    """Name the mail addresses that get messages about a team which nobody of that address may see."""
    login = LoginSettings()
    if home.is_demo or not login.is_on:
        return
    grants, find = login.read_grants(home.folder), address_book(warehouse)
    for team in warehouse.read("SELECT team_id FROM teams ORDER BY team_id")["team_id"]:
        for one in find(team):
            person = identify({"email": one.address, "email_verified": True}, grants, ClaimNames())
            if one.channel == MAIL and not may(person, What.SEE, team):
                message = f"{one.address} gets messages about {team}, and no email or domain of the list may see it."
                yield Check("login", "note", message, f"`prflow notify remove {team} mail ADDRESS`, or list it.")
