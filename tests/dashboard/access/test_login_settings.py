"""The settings of the login: all or none, each mistake in one sentence, and no open address without it."""

from pathlib import Path

import pytest

from dashboard.access.settings import LoginSettings, check_reach
from dashboard.reading.settings import DashboardSettings
from warehouse.errors import NotConfigured

WHOLE = {
    "metadata_url": "https://id.example.com/.well-known/openid-configuration",
    "client_id": "prflow",
    "client_secret": "s3cret",
}
HERE = "http://127.0.0.1:8501"
PUBLIC = "https://prflow.example.com/oauth2callback"


def _settings(**values: str) -> LoginSettings:
    return LoginSettings(_env_file=None, **values)


def test_nothing_is_configured_by_default() -> None:
    assert not _settings().is_on


@pytest.mark.parametrize(
    "values", [WHOLE, WHOLE | {"redirect_url": PUBLIC}, WHOLE | {"cookie_secret": "x" * 32}], ids=str
)
def test_a_whole_login_can_be_used(values: dict[str, str]) -> None:
    settings = _settings(**values)
    assert settings.is_on
    settings.check(HERE, ["prflow.example.com"])


@pytest.mark.parametrize("name", ["metadata_url", "client_id", "client_secret", "cookie_secret", "redirect_url"])
def test_any_part_of_it_means_that_people_log_in(name: str) -> None:
    settings = _settings(**{name: "x"})
    assert settings.is_on
    with pytest.raises(NotConfigured, match="half configured"):
        settings.check(HERE, [])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"client_id": ""}, "The login is half configured: PRFLOW_LOGIN_CLIENT_ID is missing."),
        (
            {"client_id": " ", "client_secret": ""},
            "The login is half configured: PRFLOW_LOGIN_CLIENT_ID and PRFLOW_LOGIN_CLIENT_SECRET are missing.",
        ),
        ({"metadata_url": "id.example.com"}, "PRFLOW_LOGIN_METADATA_URL is not an address that begins with https://."),
        (
            {"metadata_url": "http://id.example.com/x"},
            "PRFLOW_LOGIN_METADATA_URL is plain http to another machine (id.example.com): "
            "who is on the way could log in as anybody.",
        ),
        (
            {"cookie_secret": "short"},
            "PRFLOW_LOGIN_COOKIE_SECRET is too short: it needs 32 characters or more.",
        ),
        ({"scopes": "email"}, "PRFLOW_LOGIN_SCOPES must hold openid: without it nobody can be known."),
        (
            {"redirect_url": "https://prflow.example.com/"},
            "PRFLOW_LOGIN_REDIRECT_URL must be the dashboard's address with /oauth2callback behind it, for example "
            "https://prflow.example.com/oauth2callback.",
        ),
        (
            {"redirect_url": "http://prflow.example.com/oauth2callback"},
            "PRFLOW_LOGIN_REDIRECT_URL is plain http to another machine (prflow.example.com): "
            "who is on the way could log in as anybody.",
        ),
        (
            {"redirect_url": "https://other.example.com/oauth2callback"},
            "PRFLOW_LOGIN_REDIRECT_URL leads to other.example.com, a name that the dashboard does not answer to.",
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_a_way_out(values: dict[str, str], message: str) -> None:
    with pytest.raises(NotConfigured) as raised:
        _settings(**(WHOLE | values)).check(HERE, ["prflow.example.com"])
    assert str(raised.value) == message
    assert raised.value.hint


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_needs_no_login(address: str) -> None:
    check_reach(address, has_login=False)


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::", "10.0.0.5", "prflow.example.com"])  # noqa: S104
def test_no_other_machine_reaches_a_dashboard_without_login(address: str) -> None:
    with pytest.raises(NotConfigured, match="without a login"):
        check_reach(address, has_login=False)
    check_reach(address, has_login=True)


def test_settings_stay_on_for_admins_behind_a_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_DASHBOARD_HOSTS", "prflow.example.com")
    assert not DashboardSettings().has_settings
    monkeypatch.setenv("PRFLOW_LOGIN_CLIENT_ID", "prflow")
    assert DashboardSettings().has_settings
