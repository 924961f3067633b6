"""Every page over a seeded warehouse, without a browser: what is said in which state."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.shell import navigation
from warehouse import migrations, schema
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings
from warehouse.store import Merge, commit

Open = Callable[[Path], AppTest]
PAGES = {
    entry.title: str(entry.script)
    for entry in navigation.ENTRIES
    if entry not in {navigation.OVERVIEW, *navigation.WITHOUT_FILTERS}
}


def words(app: AppTest) -> str:
    """All that the page says, in one string."""
    kinds = ("title", "subheader", "markdown", "caption", "error", "warning", "info", "text", "badge")
    said = [str(getattr(item, "value", "")) for kind in kinds for item in app.get(kind)]
    said += [item.label for item in app.button]
    said += [f"{item.label} {item.value} {item.delta}" for item in app.metric]
    # A progress bar shows its text; titles of boxes are not part of their value.
    said += [str(item.proto.text) for item in app.get("progress")]
    said += [str(item.proto.title) for kind in ("error", "warning", "info") for item in app.get(kind)]
    return "\n".join(said)


def open_page(app: AppTest, title: str) -> AppTest:
    app.run()
    return app.switch_page(PAGES[title]).run() if title in PAGES else app


STATES = [
    *(("complete", title) for title in PAGES),
    *((state, "Overview") for state in ("complete", "partial", "phase2_failed", "people")),
    *((state, "Data health & sync") for state in ("partial", "phase2_failed")),
    *(("people", title) for title in PAGES if title == "Reviews"),
]


@pytest.mark.parametrize(("state", "title"), STATES)
def test_every_page_opens_in_every_open_state(open_app: Open, seeded_home: Any, title: str, state: str) -> None:
    app = open_page(open_app(seeded_home(state)), title)
    assert not app.exception
    assert app.title[0].value == title
    assert "simulated GitHub" in words(app)


def test_the_overview_shows_four_numbers_with_their_pull_requests(open_app: Open, seeded_home: Any) -> None:
    app = open_app(seeded_home("complete")).run()
    assert [metric.label for metric in app.metric] == ["Cycle time", "Time to first review", "PRs merged", "PR size"]
    assert all(metric.value not in {"0", "0 h", "–"} for metric in app.metric)
    assert "What changed." in words(app)
    cards = [button for button in app.button if (button.key or "").startswith("see_")]
    assert [button.label for button in cards] == ["See the PRs"] * 4


def test_people_are_shown_only_where_the_team_allows_it(open_app: Open, seeded_home: Any) -> None:
    assert "Review load" not in words(open_app(seeded_home("complete")).run())
    assert "Review load" in words(open_app(seeded_home("people")).run())


def test_a_button_of_a_card_leads_to_its_pull_requests(open_app: Open, seeded_home: Any) -> None:
    app = open_page(open_app(seeded_home("complete")), "Delivery")
    merged = next(metric.value for metric in app.metric if metric.label == "PRs merged")
    app.button(key="see_merged_prs").click().run()
    assert not app.exception
    assert app.title[0].value == "Pull requests"
    assert words(app).count(f"**{merged} pull requests**") == 2


def test_a_drill_down_says_the_number_that_it_is_behind_and_lists_as_many(open_app: Open, seeded_home: Any) -> None:
    app = open_app(seeded_home("complete")).run()
    merged = next(metric.value for metric in app.metric if metric.label == "PRs merged")
    app.query_params["metric"] = "merged_prs"
    app.switch_page(PAGES["Pull requests"]).run()
    assert f"**{merged} pull requests**" in words(app)
    assert words(app).count(f"**{merged} pull requests**") == 2


def test_a_drill_down_into_no_metric_lists_all_and_says_so(open_app: Open, seeded_home: Any) -> None:
    app = open_app(seeded_home("complete")).run()
    app.query_params["metric"] = "nonsense"
    app.switch_page(PAGES["Pull requests"]).run()
    assert not app.exception
    assert "Behind" not in words(app)
    assert "a number that is not known here" in words(app)


def test_a_search_without_a_match_says_which_filter_and_how_to_clear_it(open_app: Open, seeded_home: Any) -> None:
    app = open_page(open_app(seeded_home("complete")), "Pull requests")
    app.text_input(key="q").set_value("no such title").run()
    said = words(app)
    assert "no such title" in said
    assert "Clear the filters" in said
    app.button(key="clear_filters").click().run()
    assert "Clear the filters" not in words(app)


def test_filters_that_leave_nothing_say_so_and_never_show_zero(open_app: Open, seeded_home: Any) -> None:
    app = open_app(seeded_home("complete"))
    app.query_params["repos"] = "northwind/handbook"
    app.query_params["period"] = "2w"
    app.query_params["ai"] = "assisted"
    app.run()
    assert not app.exception
    assert all(metric.value != "0 h" for metric in app.metric)


def test_values_that_a_browser_made_up_are_ignored(open_app: Open, seeded_home: Any) -> None:
    app = open_app(seeded_home("complete"))
    made_up = {"period": "9y", "repos": "evil/x", "ai": "x", "sort": "x; DROP", "page": "99", "pr": "x"}
    for name, value in made_up.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    app.switch_page(PAGES["Pull requests"]).run()
    assert not app.exception


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("syncing", ["Setting up your dashboard", "overall", "Fetch pull requests", "Find insights"]),
        (
            "failed",
            ["The import failed", "GitHub refused the token", "What to do", "Retry", "Continue with what is there"],
        ),
    ],
)
@pytest.mark.parametrize("title", ["Overview"])
def test_the_import_stands_in_place_of_every_page(
    open_app: Open, seeded_home: Any, state: str, said: list[str], title: str
) -> None:
    app = open_app(seeded_home(state)).run()
    assert not app.exception
    found = words(app)
    assert [part for part in said if part not in found] == []
    assert not app.metric


def test_the_import_has_a_row_for_each_repository(open_app: Open, seeded_home: Any, seed: ModuleType) -> None:
    app = open_app(seeded_home("syncing")).run()
    table = app.dataframe[0].value
    assert sorted(table["Repository"]) == sorted(f"northwind/{name}" for name in seed.REPOSITORIES)
    assert list(table.columns) == ["Repository", "State", "Progress", "PRs"]


def test_a_failure_can_be_skipped_and_the_pages_say_what_is_missing(open_app: Open, seeded_home: Any) -> None:
    app = open_app(seeded_home("failed")).run()
    app.button(key="skip").click().run()
    assert not app.exception
    found = words(app)
    assert "Overview" in found
    assert "Not computed yet" in found
    assert "GitHub refused the token" in found
    app.switch_page(PAGES["Pull requests"]).run()
    assert not app.exception
    assert len(app.dataframe[0].value) > 0


def test_a_failed_second_phase_is_a_notice_with_a_retry(open_app: Open, seeded_home: Any) -> None:
    found = words(open_app(seeded_home("phase2_failed")).run())
    assert "Older history is not complete" in found
    assert "GitHub refused the token" in found
    assert "Retry" in found


def test_the_banner_says_how_far_older_history_is(open_app: Open, seeded_home: Any) -> None:
    found = words(open_app(seeded_home("partial")).run())
    assert "Older history is being imported" in found
    assert "70 %" in found


def test_retry_without_prefect_says_so_in_words(open_app: Open, seeded_home: Any) -> None:
    app = open_app(seeded_home("failed")).run()
    app.button(key="import_retry").click().run()
    assert not app.exception
    assert "There is no Prefect server" in words(app)


def test_before_anything_was_fetched_the_steps_are_shown(open_app: Open, tmp_path: Path) -> None:
    app = open_app(tmp_path / "nothing").run()
    assert not app.exception
    assert app.title[0].value == "Connect your first organisation"


def test_a_warehouse_without_a_team_shows_the_steps(open_app: Open, migrated: Path) -> None:
    app = open_app(migrated).run()
    assert not app.exception
    assert app.title[0].value == "Connect your first organisation"


def test_the_demo_says_that_it_starts_and_asks_for_nothing(
    open_app: Open, migrated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_GITHUB_SIMULATED", "true")
    app = open_app(migrated).run()
    assert app.title[0].value == "The demo is starting"
    assert "GITHUB_TOKEN" not in words(app)


def test_a_warehouse_that_cannot_be_opened_is_said_in_words(open_app: Open, tmp_path: Path) -> None:
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "warehouse" / "catalog.sqlite").write_text("this is no database, whatever its name says" * 50)
    app = open_app(tmp_path).run()
    assert not app.exception
    assert "The warehouse cannot be read" in words(app)


def test_several_teams_have_a_picker_and_one_has_none(
    open_app: Open, seeded_home: Any, seed: ModuleType, tmp_path: Path
) -> None:
    assert not [box for box in open_app(seeded_home("complete")).run().selectbox if box.label == "Team"]
    home = tmp_path / "two"
    home.mkdir()
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        migrations.upgrade(opened)
        seed.write(opened, "complete", size=seed.Size(60, 40))
        other = seed.team_row(seed.AS_OF, "failed", team_id="acme", login="Acme", error="Gone.")
        commit(opened, Merge(schema.teams, schema.frame(schema.teams, [other], other)))
    app = open_app(home)
    app.query_params["team"] = "Northwind"
    app.run()
    assert not app.exception
    assert [box.options for box in app.selectbox if box.label == "Team"] == [["Acme", "Northwind"]]
    assert app.title[0].value == "Overview"


def test_data_health_names_repositories_bots_runs_and_what_is_missing(open_app: Open, seeded_home: Any) -> None:
    app = open_page(open_app(seeded_home("complete")), "Data health & sync")
    found = words(app)
    assert "700" in found
    assert "of 700 found by the scans" in found
    tables = [table.value for table in app.dataframe]
    everything = "\n".join(table.to_string() for table in tables)
    for part in ("northwind/handbook", "renovate", "on the list of known bots", "onboarding", "1 of 3 reviews stored"):
        assert part in everything


def test_data_health_proposes_accounts_that_behave_like_bots_and_says_how_to_decide(
    open_app: Open, seeded_home: Any, seed: ModuleType, tmp_path: Path
) -> None:
    home = tmp_path / "proposing"
    shutil.copytree(seeded_home("complete"), home)
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        row = {"team_id": seed.TEAM, "account_id": f"@{seed.PEOPLE[0]}", "quick_answers_share": 0.95}
        commit(opened, Merge(schema.people, schema.frame(schema.people, [row], row)))
    app = open_page(open_app(home), "Data health & sync")
    assert "proposed: 95 % of its responses came within a minute" in "\n".join(
        table.value.to_string() for table in app.dataframe
    )
    assert "prflow bots" in words(app)


def test_data_health_says_that_prefect_does_not_answer(open_app: Open, seeded_home: Any) -> None:
    app = open_page(open_app(seeded_home("complete")), "Data health & sync")
    assert "There is no Prefect server" in words(app).replace("\\", "")


def test_the_end_of_the_background_import_is_said_once(
    open_app: Open, seed: ModuleType, migrated: Path, tmp_path: Path
) -> None:
    home = tmp_path / "ending"
    shutil.copytree(migrated, home)
    app = open_app(home)
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        seed.write(opened, "partial", size=seed.Size(60, 40))
        assert not app.run().toast
        done = [{"team_id": seed.TEAM, "status": "complete"}]
        commit(opened, Merge(schema.teams, schema.frame(schema.teams, done, done[0])))
    st.cache_data.clear()  # progress is cached for a second
    assert "All history is imported" in app.run().toast[0].value
    assert not app.run().toast


def test_a_team_without_a_model_is_told_so_on_the_page(
    open_app: Open, seeded_home: Any, seed: ModuleType, tmp_path: Path
) -> None:
    home = tmp_path / "alone"
    shutil.copytree(seeded_home("complete"), home)
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        row = {"team_id": seed.TEAM, "is_without_model": True}
        commit(opened, Merge(schema.teams, schema.frame(schema.teams, [row], row)))
    assert "No language model reads this team's pull requests" in words(open_app(home).run())
    assert "No language model" not in words(open_app(seeded_home("complete")).run())
