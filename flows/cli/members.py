"""`prflow members`: list an organisation's members with their roles and teams."""

import asyncio
from dataclasses import dataclass
from typing import Any

from rich.table import Column, Table

from flows.cli.parts.credentials import aim, open_github
from flows.cli.parts.home import opened
from flows.cli.parts.terminal import Terminal, marked, print_json
from flows.lifecycle.clock import now
from tasks.github.api.errors import Forbidden, ScopeMissing
from tasks.github.organisation.members import NEEDED_ACCESS, Membership, fetch_membership, store_membership
from tasks.github.organisation.owner import Owner, fetch_owner
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.guard.untrusted import one_line


class NoMembers(PrflowError):
    """The members cannot be read; the message says why, `hint` what to do."""


@dataclass(frozen=True)
class Organisation:
    """An organisation and its members, teams, and members of teams."""

    owner: Owner
    membership: Membership

    def to_json(self) -> dict[str, Any]:
        members = [{name: row[name] for name in ("id", "login", "name", "role")} for row in self.membership.members]
        teams = [{name: row[name] for name in ("id", "slug", "name", "members_count")} for row in self.membership.teams]
        teams_of = self.teams_by_login()
        return {
            "owner": self.owner.login,
            "members": [member | {"teams": teams_of.get(member["login"], [])} for member in members],
            "teams": teams,
        }

    def teams_by_login(self) -> dict[str, list[str]]:
        """Return the slugs of each member's teams, without members that are in none."""
        slugs = {team["id"]: str(team["slug"]) for team in self.membership.teams}
        found: dict[str, list[str]] = {}
        for row in self.membership.team_members:
            found.setdefault(row["login"], []).append(slugs[row["organisation_team_id"]])
        return {login: sorted(teams) for login, teams in found.items()}


def show_members(owner: str, as_json: bool) -> None:
    """Read the members from GitHub, store them if the team is known, and show them."""
    with opened(aim(owner)) as warehouse, Terminal(stderr=True).status(f"Reading the members of {marked(owner)} ..."):
        organisation = asyncio.run(_read(owner, warehouse))
    if as_json:
        print_json(organisation.to_json())
    else:
        draw_members(Terminal(), organisation)


async def _read(login: str, warehouse: Warehouse) -> Organisation:
    async with open_github(login) as github:
        owner = await fetch_owner(github, login)
        if not owner.is_organisation:
            raise NoMembers(f"{owner.login} is a user; only organisations have members.")
        try:
            found = await fetch_membership(github, owner.login, now())
        except (Forbidden, ScopeMissing):
            raise NoMembers(f"The members of {owner.login} cannot be read.", NEEDED_ACCESS) from None
    if warehouse.read_one("SELECT 1 AS known FROM teams WHERE team_id = ?", [owner.team_id]):
        store_membership(warehouse, owner.team_id, found, now())
    return Organisation(owner, found)


def draw_members(console: Terminal, organisation: Organisation) -> None:
    """Draw the members as a table, administrators first."""
    members, teams = organisation.membership.members, organisation.membership.teams
    if not members:
        console.print(f"{one_line(organisation.owner.login)} has no members that the token can see.")
        return
    table = Table(Column("Login", overflow="fold"), "Name", "Role", "Teams", box=None)
    teams_of = organisation.teams_by_login()
    for row in sorted(members, key=lambda row: (row["role"] != "ADMIN", row["login"].lower())):
        cells = (
            row["login"],
            row["name"] or "",
            (row["role"] or "?").lower(),
            ", ".join(teams_of.get(row["login"], [])),
        )
        table.add_row(*map(one_line, cells))
    console.print(table)
    admins = sum(row["role"] == "ADMIN" for row in members)
    console.print(
        f"{len(members):,} members, {admins:,} of them administrators; {len(teams):,} teams.", highlight=False
    )
