"""A night that fails and a night that works, through Prefect's server: who was told, and what Prefect received."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prefect.events.worker import EventsWorker

from flows.digest import digest
from flows.onboarding import onboarding
from flows.refresh import refresh
from tasks.github.api.errors import TokenRefused
from tasks.notify import emit
from tests.flows.conftest import MAIL_PASSWORD, SLACK_TOKEN, post_to_prefect
from tests.tasks.messages.post_office import MailBox, Workspace
from tests.warehouse.events.test_find import put_everything
from warehouse.connection import Warehouse
from warehouse.events.find import find_events
from warehouse.events.kinds import EVENTS
from warehouse.settings import WarehouseSettings

from tests.warehouse.events.rows import NOW, STALE, put_team  # isort: skip

if TYPE_CHECKING:
    from conftest import World

pytestmark = pytest.mark.slow
T = datetime(2026, 8, 22, 12, tzinfo=UTC)


def has_received(world: "World", name: str, since: datetime) -> bool:
    """Return whether Prefect has an event of that name; its server keeps those of other tests, too."""
    body = {"filter": {"occurred": {"since": since.isoformat()}, "event": {"name": [name]}}, "limit": 1}
    return bool(post_to_prefect(world.prefect_api_url, "/events/filter", body).json()["events"])


def wait_for(world: "World", since: datetime, names: set[str]) -> None:
    deadline = time.monotonic() + 180
    EventsWorker.drain_all(timeout=60)
    while missing := {name for name in names if not has_received(world, name, since)}:
        assert time.monotonic() < deadline, missing
        time.sleep(0.3)


@pytest.mark.long  # the same is told, sooner, by tests of messages and of events
def test_a_night_that_fails_and_one_that_works_are_told_by_mail_and_in_slack(
    world: "World", office: tuple[MailBox, Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    (box, slack), began = office, datetime.now(UTC)

    def subjects() -> list[str]:
        assert [post["text"].partition(" (")[0] for post in slack.posted] == [m["Subject"] for m in box.mails]
        return [mail["Subject"] for mail in box.mails]

    asyncio.run(onboarding(team="acme", as_of=T))
    put_team(world.warehouse, is_as_of_fixed=False)  # from now on it is as if it had been onboarded as of now
    assert subjects() == ["Welcome: prflow imports acme", "acme is on the dashboard"]
    assert "pull requests of 2 repositories" in str(box.mails[1].get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert {post["channel"] for post in slack.posted} == {"#dev"}

    with monkeypatch.context() as broken:
        broken.setenv("GITHUB_TOKEN", "bad-token")
        for _ in range(2):  # the second night of the same failure is not told
            with pytest.raises(TokenRefused):
                asyncio.run(refresh(team="acme"))
    assert subjects()[2:] == ["acme: the refresh failed"]
    failure = str(box.mails[2].get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert "What to do: " in failure
    assert "bad-token" not in failure

    box.refuse = "451 4.3.0 try later"
    asyncio.run(refresh(team="acme"))
    assert slack.posted[-1]["text"] == "acme: it works again"
    waiting = world.warehouse.read("SELECT channel, state, error FROM messages WHERE state <> 'sent'").rows()
    assert [(channel, state) for channel, state, _ in waiting] == [("mail", "waiting")]
    assert "451" in waiting[0][2]

    box.refuse = ""
    digest()
    digest()
    # What was not tried yet goes first.
    assert [mail["Subject"] for mail in box.mails[3:]] == [slack.posted[-1]["text"], "acme: it works again"]
    assert slack.posted[-1]["text"].startswith("acme: the week of ")
    names = {"sync.started", "repository.completed", "sync.completed", "phase.completed", "run.failed"}
    wait_for(world, began, {f"prflow.{name}" for name in names})
    kept = "".join(world.warehouse.read(f"SELECT * FROM {name}").write_json() for name in ("events", "messages"))
    assert MAIL_PASSWORD not in kept
    assert SLACK_TOKEN not in kept


def test_prefect_receives_every_event_of_the_registry(world: "World", tmp_path: Path) -> None:
    began = NOW.replace(year=2025)
    put_everything(world.warehouse)
    with Warehouse(WarehouseSettings(home=world.warehouse.settings.home)) as warehouse:
        found = find_events(warehouse, NOW, STALE)
    # As of now, since Prefect forgets old ones.
    for event in found:
        emit(event)
    wait_for(world, began, {kind.name for kind in EVENTS})
