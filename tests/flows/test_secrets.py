"""Canaries: a token and a key that nobody would write by chance are looked for wherever a run leaves something."""

import asyncio
import logging
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from joserfc.jwk import RSAKey
from prefect import Task
from prefect.logging.handlers import APILogWorker
from streamlit.testing.v1 import AppTest

import tasks.analyse
import tasks.measure
import tasks.sync
from benchmarks.outages.github import plant_secrets
from flows.background import background
from flows.lifecycle import patience
from flows.onboarding import onboarding
from simulators.github.serving.apps import App
from tests.canaries import OF_GITHUB, TEXTS, parts_in
from tests.conftest import ROOT
from tests.flows.conftest import PASSWORD
from tests.leaks import in_files, in_prefect
from tests.tasks.messages.post_office import MailBox, Workspace, serving_mail, serving_slack
from tests.warehouse.postgres_cluster import PASSWORD as PASSWORD_OF_LAKE
from tests.warehouse.postgres_cluster import Cluster, cluster, libpq_quoted
from warehouse import migrations, schema
from warehouse.connection import Warehouse
from warehouse.export import export
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from conftest import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),  # Apprise imports it
]

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
TOKEN = "ghp_9TokenCanary7Zq4Lw2Vb8Nx6Km3Pj5Rd1Fs0"
OTHER_TOKEN = "github_pat_9OtherCanary7Zq4Lw2Vb8Nx6Km3Pj5Rd1Fs0Jk"
KEY = "gsk_9KeyCanary7Zq4Lw2Vb8Nx6Km3Pj5Rd1Fs0Ht"
APP_KEY = RSAKey.generate_key(2048, private=True)
PEM = APP_KEY.as_pem(private=True).decode()


PG_PASSWORD = PASSWORD_OF_LAKE
OF_DRIVERS = {
    "PGPASSWORD": "pg-9CanaryOfLibpq7Zq4",
    "AWS_ACCESS_KEY_ID": "AKIA9CANARY7ZQ4LW2VB",
    "AWS_SECRET_ACCESS_KEY": "s3-9SecretCanary7Zq4Lw2Vb8Nx6Km3Pj5Rd1Fs0",
    "AWS_SESSION_TOKEN": "s3-9SessionCanary7Zq4Lw2Vb8Nx6",
}
# The mail server and the Slack of the tests refuse everything, and everything else is away.
OF_CHANNELS = {
    "PRFLOW_SMTP_PASSWORD": "smtp-9Canary7Zq4Lw2Vb8Nx6",
    "PRFLOW_SLACK_WEBHOOK_URL": "http://127.0.0.1:9/services/T9/B9/9WebhookCanary7Zq4",
    "PRFLOW_SLACK_BOT_TOKEN": "xoxb-9BotCanary7Zq4Lw2Vb8",
    "PRFLOW_APPRISE_URLS": "json://127.0.0.1:9/9AppriseCanary7Zq4",
    "PRFLOW_JIRA_TOKEN": "jira-9Canary7Zq4Lw2Vb8",
}
CANARIES = (
    *(TOKEN, KEY, TOKEN[4:], KEY[4:], OTHER_TOKEN[11:], *OF_DRIVERS.values(), *OF_CHANNELS.values()),
    *("9WebhookCanary7Zq4", "9AppriseCanary7Zq4", b64encode(OF_CHANNELS["PRFLOW_SMTP_PASSWORD"].encode()).decode()),
    *(PASSWORD.partition(":")[2], "c'anary", "7Zq4 @Lw2"),
)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[MailBox]:
    """Serve mail and Slack that refuse, and quote what they were sent."""
    secret = OF_CHANNELS["PRFLOW_SMTP_PASSWORD"]
    said = f"535 5.7.8 {secret} and {b64encode(f'{chr(0)}prflow{chr(0)}{secret}'.encode()).decode()} are wrong"
    folder = tmp_path / "certificate"
    folder.mkdir()
    workspace = Workspace(fault="invalid_auth")
    with serving_mail(MailBox(refuse_login=said), folder) as box, serving_slack(workspace) as slack:
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "certificate.pem"))
        settings = {"HOST": "localhost", "PORT": str(box.port), "USER": "prflow", "FROM": "p@example.com"}
        for name, value in (settings | {"TO": "lead@example.com"}).items():
            monkeypatch.setenv(f"PRFLOW_SMTP_{name}", value)
        monkeypatch.setenv("PRFLOW_SLACK_API_URL", f"{slack.url}/api/")
        monkeypatch.setenv("PRFLOW_SLACK_CHANNEL", "#dev")
        monkeypatch.setenv("ENABLE_SLACK_INTEGRATION", "true")
        monkeypatch.setenv("ENABLE_JIRA_INTEGRATION", "true")
        monkeypatch.setenv("PRFLOW_JIRA_URL", "https://somebody:secret@jira.example")  # refused before it is asked
        yield box


@pytest.fixture
def canaries(
    world: "World", refusing: MailBox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> "World":
    """Set every secret that prflow or its drivers may be given."""
    monkeypatch.setenv("GITHUB_TOKEN", f"{TOKEN},{OTHER_TOKEN}")
    for place, token in enumerate((TOKEN, OTHER_TOKEN)):
        world.github.tokens.grant(token, f"person-{place}")
    for name, value in ({"GROQ_API_KEY": KEY} | OF_DRIVERS | OF_CHANNELS).items():
        monkeypatch.setenv(name, value)
    caplog.set_level(logging.DEBUG)  # what a person turns on to find a fault is where secrets leak
    logging.getLogger("mail").setLevel(logging.CRITICAL)  # the mail server of the tests says what it is sent
    return world


def everything_prefect_keeps(address: str, since: datetime) -> str:
    """Return what Prefect's API tells; what is searched must really be there."""
    APILogWorker.drain_all(timeout=60)
    user, _, password = PASSWORD.partition(":")
    found: dict[str, str] = {}
    for kind, text in in_prefect(address, (user, password), since):
        found[kind] = found.get(kind, "") + text
    assert "onboarding/acme" in found["flow_runs"]
    assert all("message" in found[kind] for kind in ("flow_run_states", "logs"))
    return "".join(found.values())


def everything_on_disk(folder: Path) -> str:
    return "".join(text for _, text in in_files(folder))


def everything_exported(warehouse: Warehouse, folder: Path) -> str:
    for kind in ("duckdb", "csv", "parquet"):
        export(warehouse, folder / f"export-{kind}", kind, lambda _table, _rows: None)
    return "".join(text for path, text in in_files(folder) if "export-" in path)


def everything_on_pages() -> str:
    """Return all elements that the dashboard sends to the browser, page by page."""
    said = []
    for page in ("", "pages/pull_requests/layout.py", "pages/data_health/layout.py"):
        app = AppTest.from_string("from dashboard import app; app.run()", default_timeout=120).run()
        app = app.switch_page(str(ROOT / "dashboard" / page)).run() if page else app
        assert not app.exception
        said.append(repr(app))
    assert "acme" in said[0]
    return "".join(said)


def issued(world: "World") -> list[str]:
    """Return the tokens that GitHub issued during the run and an App's assertions, without their public prefixes."""
    assertions = [assertion.rpartition(".")[2] for assertion in world.github.apps.assertions]
    return [*(token[4:] for token in world.github.tokens.issued()), *assertions]


def leaks(
    world: "World", caplog: pytest.LogCaptureFixture, since: datetime, home: Path | None = None, **texts: str
) -> list[tuple[str, str]]:
    """Return each canary that is found, with the place."""
    places = {
        "files": everything_on_disk(home or world.warehouse.settings.home),
        "Prefect": everything_prefect_keeps(world.prefect_api_url, since),
        "log": caplog.text,
        **texts,
    }
    assert all("acme" in text for text in places.values())  # what is searched is really there
    canaries = [*CANARIES, *issued(world), *PEM.splitlines()[1:-1]]
    return [(place, canary) for place, text in places.items() for canary in canaries if canary in text]


def tasks_of(*modules: ModuleType) -> list[Task[Any, Any]]:
    return [one for module in modules for one in vars(module).values() if isinstance(one, Task)]


def columns_with_secrets(world: "World") -> set[tuple[str, str]]:
    tables = schema.metadata.tables
    return {
        (name, column)
        for name in tables
        for column, values in world.warehouse.read(f"SELECT * FROM {name}").to_dict().items()
        if parts_in(str(values.to_list()))
    }


def test_a_run_that_succeeds_leaves_no_token_and_no_key_anywhere(
    canaries: "World", caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """Neither our own, nor those that people wrote into pull requests."""
    began = datetime.now(UTC)
    canaries.model.simulator.keep_bodies = True
    plant_secrets(canaries.github.organisation)
    asyncio.run(onboarding(team="acme", as_of=T))
    asyncio.run(background(team="acme"))
    assert all(canaries.github.stats()["points_by_login"].values())  # both tokens were used
    exported = everything_exported(canaries.warehouse, tmp_path / "exports")
    assert leaks(canaries, caplog, began, exports=exported, pages=everything_on_pages()) == []
    assert len(canaries.model.simulator.bodies) > len(TEXTS) // 2
    assert parts_in("".join(canaries.model.simulator.bodies)) == []
    refused = dict(canaries.warehouse.read("SELECT channel, max(error) FROM messages GROUP BY channel").iter_rows())
    assert refused.keys() == {"mail", "slack", "webhook", "apprise"}
    assert "535" in refused["mail"]
    assert parts_in(everything_prefect_keeps(canaries.prefect_api_url, began) + caplog.text) == []
    assert columns_with_secrets(canaries) == OF_GITHUB


def test_a_run_that_github_refuses_leaves_no_key_and_no_token_of_an_app_anywhere(
    canaries: "World", caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, public = datetime.now(UTC), APP_KEY.as_pem(private=False).decode()
    canaries.github.apps.register(App("77", public, installations={1: "acme"}))
    monkeypatch.setenv("PRFLOW_GITHUB_APP_ID", "77")
    monkeypatch.setenv("PRFLOW_GITHUB_APP_PRIVATE_KEY", PEM)
    monkeypatch.setenv("GITHUB_GRAPHQL_URL", "http://127.0.0.1:9/graphql")  # nobody listens there
    monkeypatch.setattr("tasks.github.api.backoff.FIRST_BACKOFF_SECONDS", 0.0)
    with pytest.raises(Exception, match="no connection") as caught:
        asyncio.run(onboarding(team="acme", as_of=T))
    assert canaries.github.stats()["tokens_made"] >= 1  # one each time GitHub is opened
    assert leaks(canaries, caplog, began, error=str(caught.getrepr(showlocals=True, chain=True))) == []


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[tuple[Cluster, WarehouseSettings]]:
    with cluster() as made:
        address = f"postgres:{made.lake} password={libpq_quoted(PG_PASSWORD)}"
        yield made, WarehouseSettings(home=tmp_path, warehouse_catalog=address, warehouse_data=str(tmp_path / "data"))


def test_a_catalog_that_goes_away_in_mid_run_leaves_its_password_nowhere(
    canaries: "World",
    lake: tuple[Cluster, WarehouseSettings],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    began, (postgres, settings) = datetime.now(UTC), lake
    monkeypatch.setenv("PRFLOW_WAREHOUSE_CATALOG", settings.warehouse_catalog)
    monkeypatch.setenv("PRFLOW_WAREHOUSE_DATA", settings.warehouse_data)
    for one in tasks_of(tasks.sync, tasks.analyse, tasks.measure):
        monkeypatch.setattr(one, "retries", 0)
    monkeypatch.setattr(patience, "PAUSES", ())
    with Warehouse(settings) as warehouse, ExitStack() as stack:
        migrations.upgrade(warehouse)

        def take_away(operation: str, _body: bytes) -> None:
            if operation == "PullRequests" and not away:
                away.append(stack.enter_context(postgres.lake_taken_away()))

        away: list[None] = []
        canaries.github.listeners.append(take_away)
        with pytest.raises(Exception, match="not currently accepting connections") as caught:
            asyncio.run(onboarding(team="acme", as_of=T))
    assert leaks(canaries, caplog, began, tmp_path, error=str(caught.getrepr(chain=True))) == []
