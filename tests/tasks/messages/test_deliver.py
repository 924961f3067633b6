"""What waits is sent once, by one process; what cannot be sent waits and says why; letters say what to do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from tasks.messages.channel import NotSent
from tasks.messages.deliver import deliver
from tasks.messages.letter import Letter, render_text
from tasks.messages.sending import Delivered
from tasks.messages.write import WRITERS, write_letter
from tests.warehouse.events.rows import NOW, STALE, put, put_repositories, put_run, put_team
from warehouse.connection import Warehouse
from warehouse.events.find import find_events
from warehouse.events.outbox import Address, claim_messages, note_events

HOUR = timedelta(hours=1)
ADDRESSES = [Address("mail", "lead@example.com"), Address("mail", "ops@example.com")]


@dataclass
class Post:
    """A channel that keeps what it is given; `fault` is raised instead."""

    name: str = "mail"
    fault: NotSent | None = None
    tries: int = 0
    sent: list[tuple[str, str, Letter]] = field(default_factory=list)

    def send(self, address: str, letter: Letter, id_: str) -> None:
        self.tries += 1
        if self.fault:
            raise self.fault
        self.sent.append((address, id_, letter))

    def check(self) -> str:
        return "fine"


def at(hours: float = 0) -> Callable[[], datetime]:
    return lambda: NOW + hours * HOUR


def fail(warehouse: Warehouse, error: str = "GitHub refused the token.") -> None:
    put_team(warehouse)
    put_run(warehouse, "r0", "completed", NOW - 9000 * HOUR)
    put_run(warehouse, "r1", "failed", NOW - HOUR, error=error, error_hint="Create a new token.")
    note(warehouse)


def note(warehouse: Warehouse, now: datetime = NOW) -> None:
    note_events(warehouse, find_events(warehouse, now, STALE), lambda _: ADDRESSES, now)


def states(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.read("SELECT state, tries, error FROM messages ORDER BY address, kind").rows()


def test_a_failure_is_told_to_each_address_with_its_cause_and_the_way_out(warehouse: Warehouse) -> None:
    fail(warehouse)
    post = Post()
    assert deliver(warehouse, {"mail": post}, at()) == Delivered(sent=2)
    assert [address for address, _, _ in post.sent] == ["lead@example.com", "ops@example.com"]
    text = render_text(post.sent[0][2])
    assert "The refresh of acme failed" in text
    assert "Why: GitHub refused the token." in text
    assert "What to do: Create a new token." in text
    assert states(warehouse) == [("sent", 1, None)] * 2
    assert deliver(warehouse, {"mail": post}, at(1)) == Delivered()


def test_what_cannot_be_sent_waits_says_why_and_is_sent_by_the_next_run_as_the_same_message(
    warehouse: Warehouse,
) -> None:
    fail(warehouse)
    post = Post(fault=NotSent("The server is away.", "Wait."))
    assert deliver(warehouse, {"mail": post}, at()) == Delivered(failed=2)
    assert post.tries == 1, "a server that is away is tried once, not once a message"
    assert states(warehouse) == [("waiting", 1, "The server is away. Wait.")] * 2
    ids = set(warehouse.read("SELECT id FROM messages")["id"])
    post.fault = None
    assert deliver(warehouse, {"mail": post}, at(24)) == Delivered(sent=2)
    assert {id_ for _, id_, _ in post.sent} == ids
    assert {state for state, _, _ in states(warehouse)} == {"sent"}


def test_an_address_that_is_refused_keeps_no_other_from_its_message(warehouse: Warehouse) -> None:
    fail(warehouse)

    class Picky(Post):
        def send(self, address: str, letter: Letter, id_: str) -> None:
            if address.startswith("lead"):
                raise NotSent("No such person.", is_for_all=False)
            super().send(address, letter, id_)

    assert deliver(warehouse, {"mail": Picky()}, at()) == Delivered(sent=1, failed=1)


def test_a_message_that_is_refused_again_and_again_lets_those_pass_that_were_not_tried(warehouse: Warehouse) -> None:
    fail(warehouse)
    deliver(warehouse, {"mail": Post(fault=NotSent("Spam.", is_for_all=False))}, at())
    put_team(warehouse, "other")
    put_run(warehouse, "r2", "failed", NOW, team_id="other", error="Away.")
    note(warehouse, NOW + HOUR)
    tries = [message.tries for message in claim_messages(warehouse, ["mail"], NOW + HOUR)]
    assert tries == sorted(tries)
    assert set(tries) == {0, 1}


def test_after_a_week_a_message_is_given_up(warehouse: Warehouse) -> None:
    fail(warehouse)
    post = Post(fault=NotSent("The server is away."))
    deliver(warehouse, {"mail": post}, at(24 * 8))
    assert {state for state, _, _ in states(warehouse)} == {"given_up"}


def test_a_message_that_another_process_is_sending_is_left_to_it_until_that_is_dead(warehouse: Warehouse) -> None:
    fail(warehouse)
    assert len(claim_messages(warehouse, ["mail"], NOW)) == 2
    assert claim_messages(warehouse, ["mail"], NOW) == []
    post = Post()
    assert deliver(warehouse, {"mail": post}, at()) == Delivered()
    assert deliver(warehouse, {"mail": post}, at(0.2)) == Delivered(sent=2)


def test_without_a_channel_nothing_is_written(warehouse: Warehouse) -> None:
    fail(warehouse)
    before = warehouse.snapshot_id()
    assert deliver(warehouse, {}, at()) == Delivered()
    assert warehouse.snapshot_id() == before


def test_every_kind_of_message_can_be_written_and_says_what_to_do(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_DASHBOARD_URL", "https://prflow.example.com")
    put_team(warehouse)
    put_repositories(warehouse, "web")
    put_repositories(warehouse, "api", "cli", status="failed")
    put_run(warehouse, "first", "completed", NOW - 9 * HOUR, "onboarding")
    left = {"llm_total": 9, "llm_left": 4, "llm_stopped": "Its daily quota is used up."}
    put_run(warehouse, "second", "completed", NOW - 8 * HOUR, "background", **left)
    put(warehouse, "github_tokens", {"team_id": "acme", "place": 1, "name": "token one", "expires_at": NOW + 48 * HOUR})
    letters: dict[str, Letter] = {}

    def read(hours: float = 0) -> None:
        note(warehouse, NOW + hours * HOUR)
        for one in claim_messages(warehouse, ["mail"], NOW):
            letters[one.kind] = write_letter(warehouse, one, NOW)

    read()
    put_run(warehouse, "third", "failed", NOW - 7 * HOUR, error="GitHub is away.", error_hint="Wait.")
    read()
    put_repositories(warehouse, "api", "cli")
    put_run(warehouse, "fourth", "completed", NOW - 6 * HOUR, llm_total=4, llm_left=0, llm_stopped=None)
    read()
    read(28)
    assert letters.keys() == WRITERS.keys()
    texts = {kind: render_text(letter) for kind, letter in letters.items()}
    assert all("acme" in letter.subject for letter in letters.values())
    assert all("https://prflow.example.com" in text for text in texts.values())
    problems = ("failed", "repositories", "quota", "stale", "token")
    assert all("What to do: " in texts[kind] for kind in problems)
    assert "- acme/api (GitHub responded with 502.)" in texts["repositories"]
    assert "no good sync for 34 hours" in letters["stale"].subject
    assert "Of 3 repositories, 2 could not be fetched" in texts["repositories"]
    for words in ("repositories could not be fetched", "runs failed", "GitHub is away.", "left unread"):
        assert words in texts["recovered"]
