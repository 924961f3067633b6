"""A login that cannot work, or a dashboard open to others without one: said before anything starts."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.access.settings import LoginSettings
from dashboard.reading.settings import DashboardSettings
from flows.cli.checks.recipients import check_recipients
from flows.cli.parts.home import Home
from flows.cli.parts.login_check import check_login
from flows.cli.up import up
from flows.lifecycle.explain import mask
from flows.services.environment import child_environment, real_environment
from flows.services.services import Launcher, Plan, login_environment
from flows.services.state import Addresses
from flows.services.supervisor import Supervisor
from tasks.messages.addresses import add_recipient
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import NotConfigured
from warehouse.store import Merge, commit

WHOLE = {
    "PRFLOW_LOGIN_METADATA_URL": "https://id.example.com/.well-known/openid-configuration",
    "PRFLOW_LOGIN_CLIENT_ID": "prflow",
    "PRFLOW_LOGIN_CLIENT_SECRET": "a secret of the client",
}
ADMIN = '[[allow]]\nemail = "ada@example.com"\nrole = "admin"\n'
VIEWER = '[[allow]]\ndomain = "example.com"\nrole = "viewer"\n'
OPEN = "0.0.0.0"  # noqa: S104  what a container listens on


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path))
    return Home(tmp_path, False, None)


def _configure(monkeypatch: pytest.MonkeyPatch, **others: str) -> None:
    for name, value in (WHOLE | others).items():
        monkeypatch.setenv(name, value)


def _check(home: Home) -> tuple[str, str]:
    (found,) = check_login(home)
    return found.state, found.message


def test_up_starts_nothing_for_others_without_a_login(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_DASHBOARD_ADDRESS", OPEN)
    with pytest.raises(NotConfigured, match=r"would listen on 0\.0\.0\.0 without a login"):
        up(None)
    assert not [*home.folder.iterdir()]


def test_up_starts_nothing_with_half_a_login_or_a_list_that_cannot_be_used(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    _configure(monkeypatch, PRFLOW_LOGIN_CLIENT_SECRET="")
    with pytest.raises(NotConfigured, match="PRFLOW_LOGIN_CLIENT_SECRET is missing"):
        up(None)
    _configure(monkeypatch)
    with pytest.raises(NotConfigured, match=r"access\.toml, cannot be read: no such file"):
        up(None)
    (home.folder / "access.toml").write_text(ADMIN.replace('"admin"', '"root"'))
    with pytest.raises(NotConfigured, match="the role “root” is not known"):
        up(None)


def test_up_tells_no_metrics_to_who_does_not_log_in(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_DASHBOARD_HAS_METRICS", "true")
    assert _check(home)[0] == "ok"
    _configure(monkeypatch)
    (home.folder / "access.toml").write_text(ADMIN)
    with pytest.raises(NotConfigured, match="PRFLOW_DASHBOARD_METRICS_TOKEN is missing"):
        up(None)
    monkeypatch.setenv("PRFLOW_DASHBOARD_METRICS_TOKEN", "for prometheus")
    assert _check(home)[0] == "ok"


def test_doctor_says_what_the_login_does(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _check(home) == ("ok", "No login: the dashboard is for this machine only.")
    file = home.folder / "access.toml"
    file.write_text(VIEWER)
    state, message = _check(home)
    assert (state, "everybody here sees everything" in message) == ("note", True)
    _configure(monkeypatch)
    assert _check(home) == ("note", f"People log in; {file} has 1 entry. None is admin of all teams.")
    file.write_text(VIEWER + ADMIN)
    assert _check(home) == ("ok", f"People log in; {file} has 2 entries.")
    file.write_text("allow = 1")
    assert _check(home)[0] == "fault"
    monkeypatch.setenv("PRFLOW_LOGIN_CLIENT_ID", " ")
    assert _check(home) == ("fault", "The login is half configured: PRFLOW_LOGIN_CLIENT_ID is missing.")


def test_the_demo_needs_none(home: Home) -> None:
    assert [check.state for check in check_login(Home(home.folder, True, None))] == ["ok"]


def test_the_secret_of_the_cookies_is_made_once_and_read_by_its_owner_only(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert login_environment(home.folder) == {}
    _configure(monkeypatch)
    made = login_environment(home.folder)
    assert len(made["PRFLOW_LOGIN_COOKIE_SECRET"]) >= 32
    assert login_environment(home.folder) == made
    assert stat.S_IMODE((home.folder / "cookie-secret").stat().st_mode) == 0o600
    monkeypatch.setenv("PRFLOW_LOGIN_COOKIE_SECRET", "x" * 32)
    assert login_environment(home.folder) == {}


def test_children_keep_the_login_when_the_file_of_settings_is_gone(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [*(f"{name}={value}" for name, value in WHOLE.items()), "prflow_login_access_file=people.toml"]
    lines += ["PRFLOW_DASHBOARD_HAS_SETTINGS=false", "PRFLOW_DASHBOARD_METRICS_TOKEN=for prometheus"]
    file = home.folder / ".env"
    file.write_text("\n".join(lines))
    addresses = Addresses("http://127.0.0.1:4200/api", 4200, 8501)
    launcher = Launcher(Plan(home.folder), Supervisor(home.folder / "logs"), addresses)
    file.unlink()
    told = {name: child_environment(name, launcher.environment) for name in ("dashboard", "admin", "worker")}
    for child in ("dashboard", "admin"):
        with monkeypatch.context() as patch:
            for name, value in told[child].items():
                patch.setenv(name, value)
            assert LoginSettings().is_on
            assert LoginSettings().access_file == "people.toml"
            assert not DashboardSettings().has_settings
    assert WHOLE.items() < told["dashboard"].items()
    assert len(told["dashboard"]["PRFLOW_LOGIN_COOKIE_SECRET"]) >= 32
    for child in ("admin", "worker"):
        for secret in ("PRFLOW_LOGIN_CLIENT_SECRET", "PRFLOW_LOGIN_COOKIE_SECRET", "PRFLOW_DASHBOARD_METRICS_TOKEN"):
            assert secret not in told[child]


def test_the_secrets_of_the_login_are_for_the_dashboard_alone() -> None:
    base = WHOLE | {"PRFLOW_LOGIN_COOKIE_SECRET": "x" * 32}
    environment = real_environment(Path("/srv"), Addresses("http://127.0.0.1:4200/api", 4200, 8501), base)
    told = {name: child_environment(name, environment) for name in ("dashboard", "worker", "admin", "server", "github")}
    assert {name for name, known in told.items() if set(known) & {*base}} == {"dashboard", "worker", "admin"}
    assert base.items() <= told["dashboard"].items()
    for name in ("worker", "admin"):
        assert not {"PRFLOW_LOGIN_CLIENT_SECRET", "PRFLOW_LOGIN_COOKIE_SECRET"} & set(told[name])


def test_the_secrets_of_the_login_stay_out_of_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    _configure(monkeypatch, PRFLOW_LOGIN_COOKIE_SECRET="of the cookies, and long enough")
    text = mask("the provider refused a secret of the client and of the cookies, and long enough")
    assert "a secret of the client" not in text
    assert "long enough" not in text


def test_doctor_names_who_gets_mail_about_a_team_that_they_may_not_see(
    home: Home, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home.folder / "access.toml").write_text(VIEWER + 'teams = ["acme"]\n' + ADMIN)
    rows = [{"team_id": team, "login": team, "id": team} for team in ("acme", "globex")]
    commit(warehouse, Merge(schema.teams, schema.frame(schema.teams, rows)))
    for team in ("acme", "globex"):
        for name in ("ada@example.com", "bob@example.com"):
            add_recipient(warehouse, team, "mail", name, datetime(2026, 11, 27, tzinfo=UTC))
    monkeypatch.setenv("PRFLOW_SMTP_HOST", "127.0.0.1")
    assert not [*check_recipients(warehouse, home)]
    _configure(monkeypatch)
    (found,) = check_recipients(warehouse, home)
    assert found.state == "note"
    assert found.message.startswith("bob@example.com gets messages about globex,")
