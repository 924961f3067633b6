"""The week in words on the Overview: what holds is shown with its pull requests, what does not is not."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from streamlit.testing.v1 import AppTest

from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings
from warehouse.store import commit
from warehouse.week.fact import say
from warehouse.week.source import list_weeks, read_facts_of_week
from warehouse.week.words import Sentence, make_writes

Open = Callable[[Path], AppTest]
FALSE = "The best week ever, thanks to <b>Mallory</b> [x](http://evil.example)."


def put_words(home: Path, team_id: str) -> tuple[str, int]:
    """Store a sentence that holds and one that does not; return the first, and how many pull requests it counts."""
    settings = WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")
    with Warehouse(settings) as warehouse:
        week = list_weeks(warehouse, team_id)[0]
        fact = read_facts_of_week(warehouse, team_id, week)[0]
        words = [Sentence(FALSE, (fact,)), Sentence(say(fact), (fact,))]
        summary = {"model": "simulated", "provider": "simulated"}
        commit(warehouse, *make_writes(team_id, week, summary, words))
    return say(fact), len(fact.pull_request_ids)


def test_a_sentence_leads_to_its_pull_requests_and_a_false_one_is_not_drawn(
    open_app: Open, seeded_home: Any, seed: ModuleType, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(seeded_home("complete"), home)
    plain = [each.value for each in open_app(home).run().markdown if " in the week of " in each.value]
    assert plain
    sentence, count = put_words(home, seed.TEAM)
    app = open_app(home).run()
    texts = "\n".join(each.value for each in (*app.markdown, *app.caption))
    assert not app.exception
    assert sentence.partition(" (")[0].rstrip(".") in texts.replace("\\", "")
    assert "Mallory" not in texts
    assert "worded by a simulated model" in texts
    app.button("words_1").click().run()
    assert not app.exception
    assert any(f"**{count:,} pull request" in each.value for each in app.markdown)
