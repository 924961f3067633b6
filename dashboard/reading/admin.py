"""What pages ask of prflow's set-up service, and what it responds: set-up and settings are changed here alone.

The service (`flows/services/admin`) runs beside the dashboard, which knows no token and does not write to the
warehouse. Its address is in `services.json`; the key to it is in a file that only the owner of the home may read.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import httpx
from pydantic import BaseModel, SecretStr

from dashboard.reading import person
from dashboard.reading.services import STATE_FILE
from warehouse.errors import PrflowError
from warehouse.set_up import Step
from warehouse.settings import WarehouseSettings

KEY_FILE = "admin-key"
"""In the home: the key of the set-up service that runs there; only its owner may read it."""

# A first look asks GitHub, which may take as long as one request does.
TIMEOUT_SECONDS = 60.0

PERSON_HEADER = "x-person"
"""The header in which the dashboard says who asks: claims of the provider, as JSON; `{}` without a login."""
M = TypeVar("M", bound=BaseModel)


class AdminRefused(PrflowError):
    """The set-up service could not do it; message and hint are the service's, for a person."""


class AdminUnavailable(PrflowError):
    """The set-up service does not respond, or does not run."""

    hint = "It runs with `prflow up`: start that, or wait a few seconds if it has just begun. Then try again."


class Problem(BaseModel):
    """Why something did not work, and the way out."""

    message: str
    hint: str = ""


SWITCHED_OFF = Problem(
    message="Set up and Settings are switched off on this dashboard.",
    hint="Whoever runs prflow can do the same with its commands, or open these pages with "
    "`PRFLOW_DASHBOARD_HAS_SETTINGS=true`.",
)


REFUSED = Problem(
    message="You may not do this.",
    hint="It is for people with the role admin. Ask whoever runs prflow.",
)


class Access(BaseModel):
    """One token, without its value: whose it is, what it allows in words, and why it cannot be used if it cannot."""

    name: str
    login: str | None = None
    kind: str = "token"
    scopes: list[str] | None = None
    allows: list[str] = []
    warnings: list[str] = []
    expires_at: datetime | None = None
    problem: Problem | None = None


class DeviceLogin(BaseModel):
    """A login by the device flow: the code that a person enters at `url`; `problem` if it has failed."""

    user_code: str = ""
    url: str = ""
    problem: Problem | None = None


class OwnerChoice(BaseModel):
    """An organisation or user that can be followed; `repositories_count` None if it is not known."""

    login: str
    name: str | None = None
    is_organisation: bool = True
    repositories_count: int | None = None


class OwnerChoices(BaseModel):
    """The owners that the token, or the GitHub App, sees."""

    owners: list[OwnerChoice]


class Owner(BaseModel):
    """The owner that was chosen, and what was read of its members; `members_error` says what is missing of them.

    `is_organisation` is False for a user, and until the members of an organisation have been read.
    """

    login: str
    name: str | None = None
    is_organisation: bool = True
    members_count: int = 0
    teams_count: int = 0
    members_error: str | None = None
    is_reading_members: bool = False


class SetUp(BaseModel):
    """Where the set-up is, with what its steps need.

    `accesses` are the tokens that would be used now; `access_problem` says why GitHub could not be asked. Both are
    empty once repositories are chosen. `is_pasted` if one was given in this set-up. `can_log_in` if the device flow is
    configured, `app_id` if a GitHub App is. `model` is the language model that would read, None without a key.
    """

    step: Step = Step.CONNECT
    accesses: list[Access] = []
    access_problem: Problem | None = None
    is_pasted: bool = False
    device: DeviceLogin | None = None
    can_log_in: bool = False
    app_id: str = ""
    web_url: str = "https://github.com"
    owner: Owner | None = None
    left_out: list[str] = []
    model: str | None = None
    model_problem: Problem | None = None
    has_begun: bool = False

    @property
    def team_id(self) -> str:
        return self.owner.login.lower() if self.owner else ""


class ListedRepository(BaseModel):
    """One repository as GitHub lists it; `pull_requests_count` counts all states."""

    full_name: str
    is_private: bool
    pushed_at: datetime | None
    pull_requests_count: int


class RepositoryList(BaseModel):
    """What was read of an owner's list so far, the most recently pushed first, without archived ones and forks.

    `total_count` is GitHub's own count of all, None before its first response. `waiting_until` is the end of a wait
    for GitHub's rate limit. `problem` says why the reading ended before its end.
    """

    rows: list[ListedRepository] = []
    seen_count: int = 0
    total_count: int | None = None
    archived_count: int = 0
    forks_count: int = 0
    is_done: bool = False
    waiting_until: datetime | None = None
    problem: Problem | None = None


class LeftOut(BaseModel):
    """The full names of the repositories that are not to be followed."""

    names: list[str]


class PastedToken(BaseModel):
    """A token from the browser, on its way into the encrypted store."""

    token: SecretStr


class Chosen(BaseModel):
    """The owner that a person chose."""

    login: str


class GoTo(BaseModel):
    """The step that a person wants to see again."""

    step: Step


class Start(BaseModel):
    """Begin the import, with the model or by rules alone."""

    without_model: bool = False


def read_set_up() -> SetUp:
    """Read where the set-up is. Raises AdminUnavailable."""
    return ask("GET", "/set-up", SetUp)


def save_token(token: str) -> SetUp:
    """Check a token at GitHub and keep it in the encrypted store. Raises AdminRefused, AdminUnavailable."""
    return ask("POST", "/set-up/token", SetUp, token_body(token))


def begin_login() -> SetUp:
    """Begin the device flow. Raises AdminRefused, AdminUnavailable."""
    return ask("POST", "/set-up/device", SetUp)


def cancel_login() -> SetUp:
    """Give the device flow up. Raises AdminUnavailable."""
    return ask("DELETE", "/set-up/device", SetUp)


def read_owner_choices() -> list[OwnerChoice]:
    """Ask GitHub which owners the token sees. Raises AdminRefused, AdminUnavailable."""
    return ask("GET", "/set-up/owners", OwnerChoices).owners


def choose_owner(login: str) -> SetUp:
    """Make the team of this owner; its members and repositories are read from then on.

    Raises AdminRefused, AdminUnavailable.
    """
    return ask("POST", "/set-up/owner", SetUp, body(Chosen(login=login)))


def go_to(step: Step) -> SetUp:
    """Go to another step, which the ones before it allow. Raises AdminRefused, AdminUnavailable."""
    return ask("POST", "/set-up/step", SetUp, body(GoTo(step=step)))


def read_repositories() -> RepositoryList:
    """Read how far the list of repositories is; the first time, begin to read it. Raises AdminUnavailable."""
    return ask("GET", "/set-up/repositories", RepositoryList)


def read_repositories_again() -> RepositoryList:
    """Read the list from its beginning. Raises AdminRefused, AdminUnavailable."""
    return ask("POST", "/set-up/repositories", RepositoryList)


def leave_out(names: list[str]) -> SetUp:
    """Keep which repositories are not to be followed. Raises AdminRefused, AdminUnavailable."""
    return ask("POST", "/set-up/left-out", SetUp, body(LeftOut(names=names)))


def start_import(*, without_model: bool) -> SetUp:
    """Follow what was chosen, and queue the import; asked twice, one. Raises AdminRefused, AdminUnavailable."""
    return ask("POST", "/set-up/import", SetUp, body(Start(without_model=without_model)))


def give_up() -> SetUp:
    """End the set-up: a team without a single run is deleted, and so is a token that was for it alone."""
    return ask("DELETE", "/set-up", SetUp)


def token_body(token: str) -> bytes:
    """Return what is sent of a token, which pydantic would hide."""
    return json.dumps({"token": token}).encode()


def body(sent: BaseModel) -> bytes:
    """Return what is sent."""
    return sent.model_dump_json().encode()


def say_who(claims: Mapping[str, object]) -> str:
    """Return the header about a person: the claims that the rule looks at, in ASCII."""
    return json.dumps(claims)


def hear_who(text: str) -> Mapping[str, object]:
    """Return the claims of the header; none if they are not understood."""
    try:
        claims = json.loads(text)
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def ask(method: str, path: str, kind: type[M], content: bytes = b"") -> M:
    """Return the service's response. Raises AdminRefused, which has its words, or AdminUnavailable."""
    address, key = _find_service(WarehouseSettings.read().home)
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        PERSON_HEADER: say_who(person.claims_of_session()),
    }
    try:
        response = _client().request(method, address + path, content=content, headers=headers)
    except httpx.HTTPError as error:
        raise AdminUnavailable(f"The set-up service is not responding ({type(error).__name__}).") from None
    if response.is_success:
        return kind.model_validate_json(response.content)
    raise _refusal(response)


def _refusal(response: httpx.Response) -> PrflowError:
    try:
        problem = Problem.model_validate_json(response.content)
    except ValueError:
        return AdminUnavailable(f"The set-up service responded with {response.status_code}.")
    return AdminRefused(problem.message, problem.hint)


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    return httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)


def _find_service(home: Path) -> tuple[str, str]:
    """Return the address and the key of the service that runs on the home. Raises AdminUnavailable."""
    try:
        address = json.loads((home / STATE_FILE).read_text())["admin_url"]
        key = (home / KEY_FILE).read_text().strip()
    except (OSError, ValueError, KeyError, TypeError):
        address = key = ""
    if not address or not key:
        raise AdminUnavailable("The set-up service does not run here.")
    return str(address), key
