"""The Prefect edge, as far as it can be seen without Prefect's server."""

import ast
from datetime import UTC, datetime
from pathlib import Path

import tasks.analyse
from tasks.analyse import analyse_pull_requests, describe, draw_summary, summarise
from tasks.llm.run.tally import Tally

TALLY = Tally(
    todo=1200, by_rule=300, by_model=850, failed=2, refused=1, requests=860, prompt_tokens=700_000,
    completion_tokens=90_000, cost_usd=0.159,
)  # fmt: skip


def test_what_it_says_names_every_part() -> None:
    said = describe(TALLY)
    assert said == "1,153 of 1,200 pull requests read: 300 by rules, 850 by the model, 3 could not be read."


def test_a_wait_and_a_reason_to_stop_are_said() -> None:
    until = datetime(2026, 10, 1, 12, 30, 5, tzinfo=UTC)
    waiting = Tally(todo=5, waiting_until=until, stopped_because="The daily quota is used up.")
    assert "until 12:30:05 UTC. The daily quota is used up." in describe(waiting)


def test_the_summary_is_a_table_of_numbers() -> None:
    drawn = draw_summary(TALLY)
    assert "| Read by the model | 850 |" in drawn
    assert "| Cost | 0.1590 USD |" in drawn
    assert "| Cost | not known |" in draw_summary(Tally())


def test_partial_is_what_stopped_before_the_end() -> None:
    assert not summarise(TALLY).is_partial
    stopped = summarise(Tally(todo=5, by_model=2, stopped_because="quota"))
    assert (stopped.is_partial, stopped.left) == (True, 3)


def test_the_task_takes_the_run_and_no_secret() -> None:
    assert list(analyse_pull_requests.fn.__annotations__) == ["run", "limit", "is_replay", "return"]


def test_prefect_is_asked_for_nothing_but_at_the_edge() -> None:
    folder = Path(tasks.analyse.__file__).parent / "llm"
    imported = [
        name.name
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([ast.alias(node.module or "")] if isinstance(node, ast.ImportFrom) else node.names)
    ]
    assert not [name for name in imported if name.split(".")[0] == "prefect"]
