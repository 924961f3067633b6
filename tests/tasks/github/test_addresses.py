"""One address of a GitHub Enterprise Server is enough."""

import pytest

from tasks.github.addresses import derive_addresses
from tasks.settings import GitHubSettings

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
    monkeypatch.setenv("PRFLOW_BATCH_SIZE", "many")
    with pytest.raises(ValueError, match="PRFLOW_BATCH_SIZE") as caught:
        GitHubSettings(_env_file=None)
    assert "notforanyone" not in str(caught.value)
