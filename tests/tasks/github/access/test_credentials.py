"""Where a team's tokens come from: the order, and that sources are not mixed."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from tasks.github.access.credentials import block_name, find_credentials
from tasks.github.access.logins import Login, Logins
from tasks.github.api.rest import Rest
from tasks.github.api.settings import GitHubSettings
from warehouse.errors import NotConfigured
from warehouse.identity.teams import UNKNOWN, KnownOwner

PEM = RSAKey.generate_key(2048, private=True).as_pem(private=True).decode()
NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)
TOKENS = {"token": "of-settings"}
APP = {"app_id": "77", "app_private_key": PEM}
BLOCKS = {"github-token": "of-all-in-prefect", "github-token-acme": "of-acme-in-prefect"}
LOGINS = {"github-token": "of-all-in-file", "github-token-acme": "of-acme-in-file"}


def names(
    home: Path,
    owner: str = "Acme",
    blocks: dict[str, str] | None = None,
    logins: dict[str, str] | None = None,
    known: KnownOwner = UNKNOWN,
    **more: Any,
) -> list[str]:
    """Return the names of the credentials that are found; compare their values if they are tokens."""

    async def read_block(name: str) -> SecretStr | None:
        found = (blocks or {}).get(name)
        return SecretStr(found) if found else None

    async def find() -> list[str]:
        kept = Logins(home)
        for name, value in (logins or {}).items():
            kept.save(name, Login(SecretStr(value), "ann", "repo", ""))
        settings = GitHubSettings(_env_file=None, **{"token": "", **more})
        found = await find_credentials(settings, owner, Rest(1.0, clock=lambda: NOW), kept, read_block, known)
        return [each.name if "App" in each.name else (await each.read()).get_secret_value() for each in found]

    return asyncio.run(find())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"blocks": BLOCKS, "logins": LOGINS, **APP, **TOKENS}, "of-acme-in-prefect"),
        ({"logins": LOGINS, **APP, **TOKENS}, "of-acme-in-file"),
        ({"logins": LOGINS, "owner": "other", **APP, **TOKENS}, "the GitHub App on other"),
        ({"blocks": BLOCKS, "logins": LOGINS, "owner": "other", **TOKENS}, "of-settings"),
        ({"blocks": BLOCKS, "logins": LOGINS, "owner": "other"}, "of-all-in-prefect"),
        ({"logins": LOGINS, "owner": "other"}, "of-all-in-file"),
    ],
    ids=["the team's block", "the team's login", "the App", "the settings", "everybody's block", "everybody's login"],
)
def test_the_first_source_that_has_a_token_is_taken_and_no_other(
    tmp_path: Path, given: dict[str, Any], expected: str
) -> None:
    assert names(tmp_path, **given) == [expected]


def test_a_teams_own_token_follows_an_owner_that_was_renamed(tmp_path: Path) -> None:
    known = KnownOwner("Acme-Inc", "O_1", 1, ("before", "acme"))
    for more in ({"blocks": BLOCKS}, {"logins": LOGINS}):
        (found,) = names(tmp_path / str(len(more)), owner="acme-inc", known=known, **more, **TOKENS)
        assert found.startswith("of-acme-in-")
    both = {"github-token-acme": "old", "github-token-acme-inc": "new"}
    assert names(tmp_path, owner="acme-inc", known=known, blocks=both) == ["new"]


def test_a_team_may_have_several_tokens_in_its_block(tmp_path: Path) -> None:
    assert names(tmp_path, blocks={"github-token-acme": "one, two"}) == ["one", "two"]


def test_the_demo_takes_the_demos_token_and_gives_the_real_ones_to_no_simulator(tmp_path: Path) -> None:
    given: dict[str, Any] = {"blocks": BLOCKS, "logins": LOGINS, **APP, "token": "demo-token"}
    assert names(tmp_path, is_simulated=True, **given) == ["demo-token"]


def test_without_any_the_ways_to_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match=r"GITHUB_TOKEN is not set.*PRFLOW_GITHUB_APP_ID.*prflow login"):
        names(tmp_path)


def test_a_teams_block_is_named_as_prefect_allows_it() -> None:
    assert block_name("Acme_Corp.eu") == "github-token-acme--corp-eu"
