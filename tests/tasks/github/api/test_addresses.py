"""One address of a GitHub Enterprise Server is enough."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from tasks.github.access.check import check_at_start
from tasks.github.api.client import GitHub
from tasks.github.api.rest import Rest
from tasks.github.api.settings import GitHubSettings, derive_addresses
from tasks.github.organisation.owner import fetch_owner

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

GITHUB_COM = ("https://api.github.com", "https://api.github.com/graphql", "https://github.com")
SERVER = ("https://git.acme.example/api/v3", "https://git.acme.example/api/graphql", "https://git.acme.example")
RESIDENT = ("https://api.acme.ghe.com", "https://api.acme.ghe.com/graphql", "https://acme.ghe.com")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, GITHUB_COM),
        ({"GITHUB_API_URL": SERVER[0]}, SERVER),
        ({"GITHUB_API_URL": SERVER[0] + "/"}, SERVER),
        ({"GITHUB_GRAPHQL_URL": SERVER[1]}, SERVER),
        ({"GITHUB_API_URL": RESIDENT[0]}, RESIDENT),
        ({"GITHUB_API_URL": SERVER[0], "GITHUB_WEB_URL": "https://code.acme.example"},
         (*SERVER[:2], "https://code.acme.example")),
    ],
)  # fmt: skip
def test_the_other_addresses_follow_from_the_one_that_is_set(
    given: dict[str, str], expected: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GITHUB_API_URL", "GITHUB_GRAPHQL_URL", "GITHUB_WEB_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = GitHubSettings(_env_file=None)
    assert (settings.api_url, settings.graphql_url, settings.web_url) == expected


def test_a_token_for_one_address_goes_to_no_other_host() -> None:
    addresses = derive_addresses(graphql_url="http://127.0.0.1:8001/graphql")
    assert addresses["api_url"] == "http://127.0.0.1:8001"


def test_a_setting_that_is_wrong_is_named_without_what_stands_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_notforanyoneseyes")
    monkeypatch.setenv("PRFLOW_PAGE_SIZE", "many")
    with pytest.raises(ValueError, match="PRFLOW_PAGE_SIZE") as caught:
        GitHubSettings(_env_file=None)
    assert "notforanyone" not in str(caught.value)


def test_a_server_of_ones_own_is_asked_at_the_addresses_that_follow_from_its_rest_address(
    simulated: "Simulated", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", f"{simulated.running.url}/api/v3")
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_of_ann")
    simulated.running.tokens.grant("ghp_of_ann", "ann")

    async def ask() -> tuple[str, str | None]:
        settings = GitHubSettings(_env_file=None)
        rest = Rest(5.0, clock=simulated.clock)
        async with GitHub(settings, clock=simulated.clock) as github:
            await check_at_start(github, rest)
            facts = github.accounts.all[0].facts
            return (await fetch_owner(github, "acme")).login, facts and facts.login

    assert asyncio.run(ask()) == ("acme", "ann")
