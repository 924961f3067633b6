"""`prflow teams rename`, `merge`, `pause` and `resume`."""

import asyncio

from flows.cli.parts.credentials import aim, open_github
from flows.cli.parts.home import find_home, opened
from flows.cli.teams.idle import report, take_idle
from tasks.github.api.errors import NotFound
from tasks.github.organisation.owner import fetch_owner_by_id
from warehouse import schema
from warehouse.errors import BadArgument
from warehouse.identity.teams import KnownOwner, count_rows, merge_teams, read_owner, rename_team
from warehouse.store import Merge, commit
from warehouse.teams.choice import choose_team


def rename(team: str, new: str, as_json: bool) -> None:
    """Rename a team; BadArgument if GitHub calls its owner something else, TeamBusy while a run works on it."""
    home = find_home()
    with opened(home) as warehouse:
        team_id = take_idle(warehouse, team, home)
        known = read_owner(warehouse, team_id)
        login = asyncio.run(_find_login(team_id, known, new)) if known.id else new
        rename_team(warehouse, team_id, login)
    report(as_json, {"team": login.lower(), "was": team_id}, f"{team_id} is {login.lower()} from now on.")


async def _find_login(team_id: str, known: KnownOwner, new: str) -> str:
    """Return the login as GitHub writes it; `new` as it is if GitHub no longer has the owner."""
    aim(team_id)
    async with open_github(team_id) as github:
        try:
            login = (await fetch_owner_by_id(github, str(known.id), known.login)).login
        except NotFound:
            return new
    if login.lower() != new.lower():
        raise BadArgument(
            f"GitHub calls the owner of {team_id} {login}, not {new}.",
            f"To follow it: `prflow teams rename {team_id} {login}`." if login.lower() != team_id else "",
        )
    return login


def merge(source: str, target: str, as_json: bool) -> None:
    """Merge two teams; BadArgument if they are two owners on GitHub, TeamBusy while a run works on one of them."""
    home = find_home()
    with opened(home) as warehouse:
        ids = [take_idle(warehouse, name, home) for name in (source, target)]
        owners = {owner.id for name in ids if (owner := read_owner(warehouse, name)).id is not None}
        if ids[0] == ids[1]:
            raise BadArgument(f"{source} and {target} are one team already.")
        if len(owners) > 1:
            raise BadArgument(f"{ids[0]} and {ids[1]} are two owners on GitHub, not one.")
        rows = sum(count_rows(warehouse, ids[0]).values())
        merge_teams(warehouse, *ids)
    facts = {"team": ids[1], "was": ids[0], "rows": rows}
    report(as_json, facts, f"{ids[0]} is part of {ids[1]} from now on. The next run computes its numbers again.")


def pause(team: str, *, is_paused: bool, as_json: bool) -> None:
    """Pause or resume a team. Running and queued runs go on."""
    with opened(find_home()) as warehouse:
        team_id = choose_team(warehouse, team)
        row = {"team_id": team_id, "is_paused": is_paused}
        commit(warehouse, Merge(schema.teams, schema.frame(schema.teams, [row], row)))
    words = (
        f"{team_id} is paused: no night fetches anything until `prflow teams resume {team_id}`."
        if is_paused
        else f"{team_id} goes on with the next night. To fetch now: `prflow onboard {team_id}`."
    )
    report(as_json, {"team": team_id, "is_paused": is_paused}, words)
