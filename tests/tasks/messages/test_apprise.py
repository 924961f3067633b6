"""Each address of Apprise is sent to on its own, and what people wrote calls nobody there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.messages.addresses import address_book, open_channels
from tasks.messages.channel import NotSent
from tasks.messages.deliver import deliver
from tasks.messages.letter import Item, Letter, Section
from tasks.messages.sending import Delivered
from tests.tasks.messages.post_office import Workspace, serving_slack
from tests.tasks.messages.test_channels import use
from tests.tasks.messages.test_deliver import at, fail
from tests.warehouse.events.rows import NOW
from warehouse.connection import Warehouse
from warehouse.events.outbox import Address, add_message
from warehouse.events.problems import Notice

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise imports it


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Workspace]]:
    """Serve two services, and set their addresses."""
    monkeypatch.chdir(tmp_path)
    with serving_slack(Workspace(hook="/one")) as one, serving_slack(Workspace(hook="/two")) as two:
        urls = [service.url.replace("http", "json") + service.hook for service in (one, two)]
        monkeypatch.setenv("PRFLOW_APPRISE_URLS", f" {urls[0]}, {urls[1]} ")
        yield [one, two]


def test_a_service_that_fails_makes_the_others_hear_nothing_twice(
    warehouse: Warehouse, services: list[Workspace]
) -> None:
    fail(warehouse)
    addresses = address_book(warehouse)("acme")
    assert addresses == [Address("apprise", "1"), Address("apprise", "2")]
    add_message(warehouse, Notice("acme", "welcome", "x", {}), addresses, NOW)
    services[0].fault = "no"
    assert deliver(warehouse, open_channels(), at()) == Delivered(sent=1, failed=1)
    assert deliver(warehouse, open_channels(), at(1)) == Delivered(failed=1)
    [error] = warehouse.read("SELECT error FROM messages WHERE channel = 'apprise' AND state = 'waiting'")["error"]
    assert error.startswith("Address 1 in PRFLOW_APPRISE_URLS did not take the message.")
    services[0].fault = ""
    assert deliver(warehouse, open_channels(), at(2)) == Delivered(sent=1)
    assert [len(service.posted) for service in services] == [1, 1]


def test_what_people_wrote_calls_nobody_and_makes_no_link(services: list[Workspace]) -> None:
    hostile = "@everyone @here <@&1> <!channel> [ok](https://evil.example) ![x][y] [x]: https://evil.example"
    letter = Letter(hostile, (hostile,), (Section(hostile, (Item(hostile, hostile, "https://github.com/acme"),)),))
    open_channels()["apprise"].send("2", letter, "id-1")
    assert services[0].posted == []
    [posted] = services[1].posted
    for text in (posted["title"], posted["message"]):
        assert not any(mark in text for mark in ("@e", "@h", "@&", "<@", "<!", "[ok", "](", "][", "]:"))
    assert posted["message"].replace("\u200b", "").count(hostile) == 4
    assert posted["message"].endswith("\n  https://github.com/acme"), "addresses stay"


def test_a_place_that_is_no_longer_set_says_so(services: list[Workspace], monkeypatch: pytest.MonkeyPatch) -> None:
    channel = use(monkeypatch, PRFLOW_APPRISE_URLS="json://127.0.0.1:9/x")["apprise"]
    with pytest.raises(NotSent, match="no address 2 any more") as caught:
        channel.send("2", Letter("acme", ("It failed.",)), "id-1")
    assert not caught.value.is_for_all
