"""`prflow week`: sentences that hold now, each with its pull requests."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.week.seed import WEEK, put_acme
from warehouse.connection import Warehouse
from warehouse.store import commit
from warehouse.week.source import read_facts_of_week
from warehouse.week.words import Sentence, make_writes

TRUE = "The team merged 8 pull requests in the week of 23 November, 8 in the week before."
FALSE = "The team merged 9 pull requests in the week of 23 November, 8 in the week before."


@pytest.fixture
def acme(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Warehouse:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    put_acme(warehouse)
    return warehouse


def put_words(warehouse: Warehouse, *texts: str) -> None:
    """Store sentences about what was merged, as if all of them had held once."""
    fact = read_facts_of_week(warehouse, "acme", WEEK)[0]
    words = [Sentence(text, (fact,)) for text in texts]
    commit(warehouse, *make_writes("acme", WEEK, {"model": "some-model", "provider": "groq"}, words))


def test_the_week_is_said_with_receipts_and_without_what_does_not_hold(acme: Warehouse, run: Any) -> None:
    put_words(acme, FALSE, TRUE)
    code, out, _ = run("week", "acme")
    assert code == 0
    assert FALSE not in out
    assert f"- {TRUE}\n  acme/web#0, acme/web#1, acme/web#2, acme/web#3, acme/web#4 and 3 more\n" in out
    assert "Worded by some-model" in out
    code, out, _ = run("week", "acme", "--week", "2026-11-25", "--json")
    week = json.loads(out)
    assert (week["week_start"], week["model"], len(week["sentences"])) == ("2026-11-23", "some-model", 1)
    assert week["sentences"][0]["facts"] == ["merged_prs:week"]
    assert len(week["sentences"][0]["pull_requests"]) == 8


def test_without_words_the_facts_are_said_and_a_wrong_week_is_refused(acme: Warehouse, run: Any) -> None:
    _, out, _ = run("week")
    assert out.startswith("The week of 23 November 2026\n- 8 pull requests were merged in the week of 23 November")
    assert "Counted; every figure" in out
    code, _, err = run("week", "acme", "--week", "2027-01-05")
    assert (code, "is not a complete week" in err, "The newest complete week is that of 2026-11-23" in err) == (
        1,
        True,
        True,
    )
    assert run("week", "acme", "--week", "soon")[0] == 2
