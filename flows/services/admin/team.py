"""What pages change of a team that there is: its choices, bots, rules, repositories and token."""

import asyncio
from contextlib import AbstractAsyncContextManager

from pydantic import SecretStr

from dashboard.reading.admin_team import (
    BotDecision,
    Choices,
    Done,
    JiraGiven,
    JiraState,
    KeyRow,
    Keys,
    MadeKey,
    MovedPullRequest,
    Rules,
    RulesPreview,
    TeamAccess,
    ValueMoved,
)
from flows.lifecycle.clock import now
from flows.services.admin import jira
from flows.services.admin.access import TokenStore, check_token, clean_token
from flows.services.admin.rule_changes import RuleChanges, change_rules
from flows.services.admin.words import describe_access
from tasks.github.access import connect
from tasks.github.access.credentials import block_name
from tasks.github.api.client import GitHub
from tasks.github.api.rest import Rest
from tasks.github.organisation.following import follow, unfollow
from tasks.github.organisation.owner import fetch_owner
from warehouse.accounts import decide
from warehouse.connection import Warehouse
from warehouse.errors import NotConfigured, UnknownTeam
from warehouse.flags import FeatureFlags
from warehouse.identity.teams import find_team
from warehouse.keys.api_keys import add_key, read_keys, revoke_key
from warehouse.measure import measure_again
from warehouse.teams.choices import set_people_views, set_timezone

MAX_MOVED = 50


class TeamChanges:
    """The changes of one installation's teams, each with the function that a command calls for it."""

    def __init__(self, warehouse: Warehouse, tokens: TokenStore) -> None:
        self.warehouse = warehouse
        self.tokens = tokens

    async def set_choices(self, team: str, choices: Choices) -> Done:
        """Set the zone, or whether people are shown, or both. Raises UnknownZone."""
        team_id = await self._find(team)
        zone, has_people = choices.timezone, choices.has_people_views
        if zone is None and has_people is None:
            return Done(words="Nothing was changed.")
        if zone is not None:
            await asyncio.to_thread(set_timezone, self.warehouse, team_id, zone)
        if has_people is not None:
            await asyncio.to_thread(set_people_views, self.warehouse, team_id, is_allowed=has_people)
        return Done(words=await self._measure(team_id))

    async def decide_on_bot(self, team: str, decision: BotDecision) -> Done:
        """Keep what a person decided of an account. Raises UnknownAccount."""
        team_id = await self._find(team)
        await asyncio.to_thread(decide, self.warehouse, team_id, [decision.login], decision.verdict, now())
        return Done(words=await self._measure(team_id))

    async def change_rules(self, team: str, rules: Rules) -> RulesPreview:
        """Return what a change of the rules moves, and keep it if asked to. Raises InvalidRule."""
        team_id = await self._find(team)
        changes = RuleChanges.parse(rules.added, rules.removed)
        preview = await asyncio.to_thread(change_rules, self.warehouse, team_id, changes, save=rules.save)
        if rules.save:
            await self._measure(team_id)
        rows = preview.moved.head(MAX_MOVED).iter_rows(named=True)
        return RulesPreview(
            moved_count=preview.moved.height,
            moved=[MovedPullRequest(**{name: row[name] for name in MovedPullRequest.model_fields}) for row in rows],
            values=[
                ValueMoved(title=metric.title, unit=metric.unit, before=before, after=after)
                for metric, before, after in preview.values
            ],
        )

    async def follow(self, team: str, names: list[str]) -> Done:
        """Follow repositories, which GitHub is asked for. Raises NotFound, or NotARepository."""
        team_id = await self._find(team)
        async with self._open_github(team_id) as (github, _):
            changed = await follow(github, self.warehouse, await fetch_owner(github, team_id), names)
        listed = ", ".join(name for name, _ in changed)
        return Done(words=f"{listed} is followed from now on: the next run fetches it.")

    async def unfollow(self, team: str, names: list[str]) -> Done:
        """Unfollow repositories; what was fetched stays. Raises NotFollowed."""
        team_id = await self._find(team)
        async with self._open_github(team_id) as (github, _):
            changed = await unfollow(self.warehouse, await fetch_owner(github, team_id), names)
        listed = ", ".join(name for name, _ in changed)
        return Done(words=f"{listed} is no longer followed. What was fetched stays.")

    async def read_access(self, team: str) -> TeamAccess:
        """Check the tokens of a team at GitHub, and say whether one is its own. Raises NotConfigured."""
        team_id = await self._find(team)
        checks = await connect.check_owner(team_id, home=self.tokens.home, clock=now, read_block=self.tokens.read)
        is_own = await self.tokens.read(block_name(team_id)) is not None
        return TeamAccess(accesses=[describe_access(each, now()) for each in checks], is_own=is_own)

    async def exchange_token(self, team: str, token: SecretStr) -> Done:
        """Check a token and make it the team's own, in place of an earlier one. Raises GitHubError, BadArgument."""
        team_id = await self._find(team)
        (checked,) = await check_token(clean_token(token))
        if checked.problem is not None:
            raise checked.problem
        await self.tokens.save(block_name(team_id), clean_token(token))
        return Done(words=f"Saved: {team_id} uses the token of {checked.facts.login or 'GitHub'} from the next run on.")

    async def forget_token(self, team: str) -> Done:
        """Delete the team's own token; the one of all teams counts again."""
        await self.tokens.delete(block_name(await self._find(team)))
        return Done(words="Deleted. The token of all teams counts again; GitHub still knows the deleted one.")

    async def list_keys(self, team: str) -> Keys:
        """List the team's keys of the API. Raises NotConfigured while it is switched off."""
        team_id = await self._find_for_keys(team)
        rows = await asyncio.to_thread(read_keys, self.warehouse, team_id)
        return Keys(keys=[KeyRow.model_validate(row) for row in rows.to_dicts()])

    async def add_key(self, team: str, name: str) -> MadeKey:
        """Make a key that reads the team. Raises BadArgument, NotConfigured."""
        made = await asyncio.to_thread(add_key, self.warehouse, await self._find_for_keys(team), name, now())
        return MadeKey(id=made.id, value=SecretStr(made.value))

    async def revoke_key(self, team: str, id_: str) -> Done:
        """Revoke a key of the team. Raises BadArgument, NotConfigured."""
        team_id = await self._find_for_keys(team)
        name = await asyncio.to_thread(revoke_key, self.warehouse, id_, now(), team_id)
        return Done(words=f"Revoked: {name}. The next request with it is refused.")

    async def read_jira(self, team: str) -> JiraState:
        """Ask the team's Jira what it shows. Raises NotConfigured while it is switched off."""
        jira.require_jira()
        return await jira.read_jira(self.tokens, await self._find(team))

    async def save_jira(self, team: str, given: JiraGiven) -> Done:
        """Check a Jira and make it the team's own. Raises JiraError, BadArgument, NotConfigured."""
        jira.require_jira()
        return await jira.save_jira(self.tokens, await self._find(team), given)

    async def forget_jira(self, team: str) -> Done:
        """Delete the team's own way to Jira. Raises NotConfigured while it is switched off."""
        jira.require_jira()
        return await jira.forget_jira(self.tokens, await self._find(team))

    async def _find_for_keys(self, team: str) -> str:
        if not FeatureFlags().enable_api_keys:
            raise NotConfigured("The API is switched off.", "Set ENABLE_API_KEYS=true.")
        return await self._find(team)

    async def _measure(self, team_id: str) -> str:
        """Compute the numbers again, and say so."""
        is_measured = await asyncio.to_thread(measure_again, self.warehouse, team_id, now())
        return f"Saved. {'All numbers were computed again.' if is_measured else 'Numbers follow with the first run.'}"

    def _open_github(self, team_id: str) -> AbstractAsyncContextManager[tuple[GitHub, Rest]]:
        """Open a client with the tokens that the team's runs use; one that was given in a set-up is not for it."""
        return connect.open_github(team_id, home=self.tokens.home, clock=now, read_block=self.tokens.read)

    async def _find(self, team: str) -> str:
        team_id = await asyncio.to_thread(find_team, self.warehouse, team)
        if team_id is None:
            raise UnknownTeam(team)
        return team_id
