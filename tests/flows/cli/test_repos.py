"""`prflow repos` as a person uses it, against a simulated GitHub."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from simulators.github.serving.server import Running
from warehouse.connection import Warehouse

T = datetime(2026, 8, 22, 12, tzinfo=UTC)


def test_repositories_are_listed_and_archived_ones_and_forks_are_counted(github: Running, run: Any) -> None:
    code, said, _ = run("repos", "ACME")
    assert code == 0
    assert "acme/one" in said
    assert "acme/old" not in said
    assert (
        "1 of 3 repositories, 0 followed. 2 archived repositories or forks are not shown; --all includes them." in said
    )


def test_all_of_them_as_json_and_nothing_else_on_stdout(github: Running, run: Any) -> None:
    facts = json.loads(run("repos", "acme", "--all", "--json")[1])
    assert {row["name"]: (row["is_archived"], row["is_fork"], row["is_followed"]) for row in facts["repositories"]} == {
        "one": (False, False, False),
        "old": (True, False, False),
        "copy": (False, True, False),
    }
    assert (facts["archived_count"], facts["forks_count"], facts["left_out_count"]) == (1, 1, 0)


def test_what_is_searched_for_and_not_there_is_said(github: Running, run: Any) -> None:
    assert "acme/one" in run("repos", "acme", "--search", "ON")[1]
    assert "No repositories of acme match “zzz”, out of 3." in run("repos", "acme", "--search", "zzz")[1]


def test_a_repository_is_followed_and_left_by_name_and_a_listing_changes_nothing(
    github: Running, run: Any, warehouse: Warehouse
) -> None:
    followed = "SELECT full_name FROM repositories WHERE is_followed ORDER BY full_name"
    run("repos", "acme", "--all")
    assert warehouse.read(followed).is_empty()
    assert "`prflow sync acme/old`" in run("repos", "acme", "--follow", "old", "--follow", "acme/ONE")[1]
    assert warehouse.read(followed)["full_name"].to_list() == ["acme/old", "acme/one"]
    assert "1 of 3 repositories, 1 followed" in run("repos", "acme")[1]
    assert run("repos", "acme", "--unfollow", "old")[0] == 0
    assert warehouse.read(followed)["full_name"].to_list() == ["acme/one"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--follow", "nothing"], "acme/nothing: no such repository"),
        (["--unfollow", "one"], "acme/one is not followed"),
        (["--follow", "other/one"], "write it as acme/NAME"),
        (["--follow", "one", "--all"], "cannot be combined"),
    ],
)
def test_what_cannot_be_followed_is_one_clear_sentence(
    github: Running, run: Any, arguments: list[str], words: str
) -> None:
    code, said, error = run("repos", "acme", *arguments)
    assert (code, said) == (1, "")
    assert words in error
    assert "Traceback" not in error
