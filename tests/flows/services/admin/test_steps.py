"""The set-up over HTTP: each step against a simulated GitHub and Prefect's real server."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from dashboard.reading import admin
from dashboard.reading.admin import AdminRefused, AdminUnavailable
from tasks.blocks import read_block
from tests import leaks
from tests.flows.conftest import PASSWORD, wait_until
from tests.flows.services.admin.conftest import TOKEN
from warehouse.connection import Warehouse
from warehouse.set_up import Step, read_set_up

if TYPE_CHECKING:
    from tests.flows.services.admin.conftest import SetUpWorld

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_server")]


def read_list() -> admin.RepositoryList:
    wait_until(lambda: admin.read_repositories().is_done or admin.read_repositories().problem is not None)
    return admin.read_repositories()


def read_owner() -> admin.Owner:
    wait_until(lambda: not (admin.read_set_up().owner or admin.Owner(login="")).is_reading_members)
    owner = admin.read_set_up().owner
    assert owner is not None
    return owner


def test_a_set_up_goes_from_a_token_to_a_queued_import(set_up_world: "SetUpWorld") -> None:
    before = admin.read_set_up()
    assert (before.step, before.accesses, before.has_begun) == (Step.CONNECT, [], False)

    connected = admin.save_token(f"  {TOKEN}\n")
    (access,) = connected.accesses
    assert (access.login, access.kind, access.scopes) == ("ann", "classic token", ["read:org", "repo"])
    assert any("members and teams" in words for words in access.allows)
    assert set_up_world.secrets("acme") == {"github-token": TOKEN}

    assert admin.go_to(Step.ORGANISATION).step is Step.ORGANISATION
    assert [owner.login for owner in admin.read_owner_choices()] == ["acme", "ann"]
    assert admin.choose_owner("ACME").step is Step.REPOSITORIES
    owner = read_owner()
    assert (owner.login, owner.members_count, owner.teams_count) == ("acme", 2, 1)

    listed = read_list()
    assert [row.full_name for row in listed.rows] == ["acme/shop", "acme/tools"]
    assert (listed.archived_count, listed.forks_count, listed.total_count) == (1, 1, 4)
    admin.leave_out(["acme/tools"])
    with pytest.raises(AdminRefused, match="GROQ_API_KEY"):
        admin.start_import(without_model=False)
    started = admin.start_import(without_model=True)
    assert started.step is Step.SYNC
    assert admin.start_import(without_model=True).step is Step.SYNC
    rows = set_up_world.warehouse.read("SELECT name, is_followed FROM repositories ORDER BY name").rows()
    assert rows == [("copy", False), ("old", False), ("shop", True), ("tools", False)]


def test_what_a_step_left_is_there_after_the_service_was_started_again(set_up_world: "SetUpWorld") -> None:
    from tests.admin_service import serve_admin

    admin.save_token(TOKEN)
    admin.choose_owner("acme")
    admin.leave_out(["acme/tools"])
    with serve_admin(set_up_world.home, set_up_world.prefect_api_url):
        found = admin.read_set_up()
        assert (found.step, found.team_id, found.left_out) == (Step.REPOSITORIES, "acme", ["acme/tools"])
        assert [access.login for access in admin.go_to(Step.ORGANISATION).accesses] == ["ann"]
        admin.go_to(Step.REPOSITORIES)
        assert len(read_list().rows) == 2
        assert read_owner().members_count == 2


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("bad-token", "Bad credentials"),
        ("two words", "one word"),
        ("", "one word"),
        ("ghp_without_read_org", "read:org"),
    ],
)
def test_a_token_that_cannot_be_used_is_said_and_not_kept(set_up_world: "SetUpWorld", token: str, words: str) -> None:
    set_up_world.github.tokens.grant("ghp_without_read_org", "ann", "repo")
    with pytest.raises(AdminRefused, match=words) as refused:
        admin.save_token(token)
    assert refused.value.hint
    assert "Set GITHUB_TOKEN" not in refused.value.hint
    assert set_up_world.secrets() == {}
    assert not admin.read_set_up().has_begun


def test_a_token_beside_the_one_of_all_teams_is_the_teams_own(
    set_up_world: "SetUpWorld", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "demo-token")
    assert [access.login for access in admin.read_set_up().accesses] == ["viewer"]
    shown = admin.save_token(TOKEN)
    assert (shown.is_pasted, [access.login for access in shown.accesses]) == (True, ["ann"])
    admin.choose_owner("acme")
    read_list()
    admin.start_import(without_model=True)
    assert set_up_world.secrets("acme") == {"github-token-acme": TOKEN}


def test_giving_up_leaves_nothing_behind(set_up_world: "SetUpWorld", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "demo-token")
    admin.save_token(TOKEN)
    admin.choose_owner("acme")
    over = admin.give_up()
    assert (over.step, over.owner, over.has_begun, over.is_pasted) == (Step.CONNECT, None, False, False)
    assert set_up_world.secrets("acme") == {}
    assert set_up_world.warehouse.read("SELECT * FROM teams").is_empty()
    assert set_up_world.warehouse.read("SELECT * FROM team_members").is_empty()


def test_another_organisation_takes_the_place_of_one_that_never_ran(set_up_world: "SetUpWorld") -> None:
    admin.save_token(TOKEN)
    admin.choose_owner("acme")
    with pytest.raises(AdminRefused, match="no such organisation"):
        admin.choose_owner("acmee")
    assert admin.read_set_up().team_id == "acme"
    admin.choose_owner("ann")
    assert (read_owner().login, read_owner().is_organisation) == ("ann", False)
    assert set_up_world.warehouse.read("SELECT team_id FROM teams")["team_id"].to_list() == ["ann"]


def test_no_step_is_skipped(set_up_world: "SetUpWorld") -> None:
    with pytest.raises(AdminRefused):
        admin.go_to(Step.ORGANISATION)
    with pytest.raises(AdminRefused, match="No organisation is chosen"):
        admin.go_to(Step.REPOSITORIES)
    with pytest.raises(AdminRefused, match="No organisation is chosen"):
        admin.read_repositories()
    admin.save_token(TOKEN)
    admin.choose_owner("acme")
    with pytest.raises(AdminRefused, match="has not begun"):
        admin.go_to(Step.SYNC)


@pytest.fixture
def approved(set_up_world: "SetUpWorld", monkeypatch: pytest.MonkeyPatch) -> None:
    """Configure the device flow of the simulated GitHub."""
    monkeypatch.setenv("PRFLOW_GITHUB_CLIENT_ID", set_up_world.github.devices.client_id)
    set_up_world.github.devices.interval = 1


@pytest.mark.usefixtures("approved")
def test_a_login_in_the_browser_is_kept_once_it_is_approved(set_up_world: "SetUpWorld") -> None:
    shown = admin.begin_login().device
    assert shown is not None
    assert shown.url.startswith(set_up_world.github.url)
    set_up_world.github.devices.decide(shown.user_code, "ann")
    wait_until(lambda: admin.read_set_up().device is None)
    (token,) = set_up_world.github.tokens.issued("gho_")
    assert set_up_world.secrets() == {"github-token": token}
    assert [access.login for access in admin.read_set_up().accesses] == ["ann"]


@pytest.mark.usefixtures("approved")
def test_a_login_that_is_denied_says_so(set_up_world: "SetUpWorld") -> None:
    shown = admin.begin_login().device
    assert shown is not None
    set_up_world.github.devices.decide(shown.user_code, None)
    wait_until(lambda: (admin.read_set_up().device or admin.DeviceLogin()).problem is not None)
    assert admin.cancel_login().device is None
    assert set_up_world.secrets() == {}


def test_nobody_without_the_key_is_answered(set_up_world: "SetUpWorld") -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        response = httpx.get(f"{set_up_world.admin_url}/set-up", headers=headers, trust_env=False)
        assert response.status_code == 401
    strange = {"Host": "prflow.example"}
    assert httpx.get(f"{set_up_world.admin_url}/healthz", headers=strange, trust_env=False).status_code == 400


def test_without_the_service_it_is_said_how_to_start_it(set_up_world: "SetUpWorld") -> None:
    (set_up_world.home / "admin-key").unlink()
    with pytest.raises(AdminUnavailable) as refused:
        admin.read_set_up()
    assert "prflow up" in refused.value.hint


def test_the_token_is_in_the_encrypted_store_alone(
    set_up_world: "SetUpWorld", caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    began = datetime.now(UTC)
    admin.save_token(TOKEN)
    admin.choose_owner("acme")
    read_list()
    admin.start_import(without_model=True)
    shown = admin.read_set_up().model_dump_json()
    kept = asyncio.run(read_block("github-token"))  # as the workers read it
    assert kept is not None
    assert kept.get_secret_value() == TOKEN
    assert TOKEN not in f"{shown}{caplog.text}{capfd.readouterr()}"
    auth = (PASSWORD.partition(":")[0], PASSWORD.partition(":")[2])
    assert [name for name, text in leaks.in_prefect(set_up_world.prefect_api_url, auth, began) if TOKEN in text] == []
    assert [name for name, text in leaks.in_files(set_up_world.home) if TOKEN in text] == []
    with Warehouse(set_up_world.warehouse.settings, read_only=True) as opened:
        assert read_set_up(opened).step is Step.SYNC
