"""What the page of settings asks of the set-up service about one team, and what it responds."""

from datetime import datetime
from urllib.parse import quote

from pydantic import BaseModel, SecretStr, field_serializer

from dashboard.reading.admin import Access, Problem, ask, body, token_body
from warehouse.accounts import Verdict


class Done(BaseModel):
    """What was done, in a sentence."""

    words: str


class Choices(BaseModel):
    """An IANA time zone, and whether numbers per person are shown; None stays as it is."""

    timezone: str | None = None
    has_people_views: bool | None = None


class BotDecision(BaseModel):
    """What a person decided of an account."""

    login: str
    verdict: Verdict


class Rules(BaseModel):
    """Rules to add and to remove, each KIND=VALUE; kept only with `save`."""

    added: list[str] = []
    removed: list[str] = []
    save: bool = False


class MovedPullRequest(BaseModel):
    """A pull request that would count differently."""

    full_name: str
    number: int
    title: str | None
    state_before: str | None
    state_after: str | None
    excluded_before: str | None
    excluded_after: str | None


class ValueMoved(BaseModel):
    """A metric over all that is stored, before and after; None if there is nothing to compute it of."""

    title: str
    unit: str
    before: float | None
    after: float | None


class RulesPreview(BaseModel):
    """What a change of rules moves; `moved` are the first of `moved_count`."""

    moved_count: int
    moved: list[MovedPullRequest]
    values: list[ValueMoved]


class Names(BaseModel):
    """Names of repositories."""

    names: list[str]


class NewToken(BaseModel):
    """A token from the browser, on its way into the encrypted store."""

    token: SecretStr


class TeamAccess(BaseModel):
    """The tokens of a team; `is_own` if no other team uses them."""

    accesses: list[Access]
    is_own: bool


class KeyRow(BaseModel):
    """A key of the API, without the key itself; times in UTC."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class Keys(BaseModel):
    """The keys of a team, the newest first."""

    keys: list[KeyRow]


class KeyName(BaseModel):
    """What a new key is for."""

    name: str


class KeyId(BaseModel):
    """The id of a key."""

    id: str


class MadeKey(BaseModel):
    """A key that was just made: shown once, and stored nowhere."""

    id: str
    value: SecretStr

    @field_serializer("value", when_used="json")
    def _tell(self, value: SecretStr) -> str:
        return value.get_secret_value()


class JiraGiven(BaseModel):
    """A Jira from the browser, on its way into the encrypted store."""

    url: str
    email: str = ""
    token: SecretStr
    projects: str = ""

    @classmethod
    def of(cls, url: str, email: str, token: str, projects: str) -> "JiraGiven":
        """Return it of what was typed."""
        return cls(url=url, email=email, token=SecretStr(token), projects=projects)

    @field_serializer("token", when_used="json")
    def _tell(self, value: SecretStr) -> str:
        return value.get_secret_value()


class JiraState(BaseModel):
    """What a team's Jira shows, in words, or why nothing; `is_own` if no other team uses its token."""

    words: str
    is_own: bool
    problem: Problem | None = None


def set_choices(team: str, choices: Choices) -> Done:
    """Set a team's zone and people views. Raises AdminRefused, AdminUnavailable."""
    return ask("POST", f"{_path(team)}/choices", Done, body(choices))


def decide_on_bot(team: str, decision: BotDecision) -> Done:
    """Keep a decision on an account. Raises AdminRefused, AdminUnavailable."""
    return ask("POST", f"{_path(team)}/bots", Done, body(decision))


def change_rules(team: str, rules: Rules) -> RulesPreview:
    """See what rules move, or keep them. Raises AdminRefused, AdminUnavailable."""
    return ask("POST", f"{_path(team)}/rules", RulesPreview, body(rules))


def follow(team: str, names: list[str]) -> Done:
    """Follow repositories. Raises AdminRefused, AdminUnavailable."""
    return ask("POST", f"{_path(team)}/follow", Done, body(Names(names=names)))


def unfollow(team: str, names: list[str]) -> Done:
    """Unfollow repositories. Raises AdminRefused, AdminUnavailable."""
    return ask("POST", f"{_path(team)}/unfollow", Done, body(Names(names=names)))


def read_access(team: str) -> TeamAccess:
    """Check a team's tokens at GitHub. Raises AdminRefused, AdminUnavailable."""
    return ask("GET", f"{_path(team)}/access", TeamAccess)


def exchange_token(team: str, token: str) -> Done:
    """Make a token the team's own. Raises AdminRefused, AdminUnavailable."""
    return ask("POST", f"{_path(team)}/token", Done, token_body(token))


def forget_token(team: str) -> Done:
    """Delete the team's own token. Raises AdminRefused, AdminUnavailable."""
    return ask("DELETE", f"{_path(team)}/token", Done)


def read_keys(team: str) -> Keys:
    """List a team's keys of the API. Raises AdminRefused, AdminUnavailable."""
    return ask("GET", f"{_path(team)}/keys", Keys)


def add_key(team: str, name: str) -> MadeKey:
    """Make a key of the API for a team. Raises AdminRefused, AdminUnavailable."""
    return ask("POST", f"{_path(team)}/keys", MadeKey, body(KeyName(name=name)))


def revoke_key(team: str, id_: str) -> Done:
    """Revoke a key of a team. Raises AdminRefused, AdminUnavailable."""
    return ask("POST", f"{_path(team)}/keys/revoke", Done, body(KeyId(id=id_)))


def read_jira(team: str) -> JiraState:
    """Ask a team's Jira what it shows. Raises AdminRefused, AdminUnavailable."""
    return ask("GET", f"{_path(team)}/jira", JiraState)


def save_jira(team: str, given: JiraGiven) -> Done:
    """Check a Jira and make it the team's own. Raises AdminRefused, AdminUnavailable."""
    return ask("POST", f"{_path(team)}/jira", Done, body(given))


def forget_jira(team: str) -> Done:
    """Delete the team's own way to Jira. Raises AdminRefused, AdminUnavailable."""
    return ask("DELETE", f"{_path(team)}/jira", Done)


def _path(team: str) -> str:
    return f"/teams/{quote(team, safe='')}"
