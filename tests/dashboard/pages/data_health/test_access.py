"""The panel of Data health about tokens."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.pages.data_health.access import describe_problem
from dashboard.reading.rows import GitHubToken, make_row
from dashboard.shell import navigation
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings
from warehouse.store import Merge, commit

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)


def token(**more: Any) -> dict[str, Any]:
    facts = {
        "team_id": "northwind", "place": 1, "name": "token 1 of 2", "kind": "classic token", "login": "ann",
        "scopes": "read:org, repo", "expires_at": None, "points_limit": 5000, "points_remaining": 4321,
        "reset_at": None, "problem": None, "checked_at": NOW,
    }  # fmt: skip
    return facts | more


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, None),
        ({"expires_at": NOW + timedelta(days=8)}, None),
        (
            {"expires_at": NOW + timedelta(days=6)},
            "Token 1 of 2 expires on 28 Aug 2026, 12:00 UTC. Create a new one before then.",
        ),
        ({"expires_at": NOW - timedelta(days=1)}, "Token 1 of 2 expired on 21 Aug 2026, 12:00 UTC. Create a new one."),
        ({"problem": "Bad credentials"}, "Token 1 of 2 is not used: Bad credentials"),
    ],
    ids=["good", "next week", "this week", "over", "refused"],
)
def test_a_token_that_ends_within_a_week_or_is_refused_is_warned_of(more: dict[str, Any], said: str | None) -> None:
    assert describe_problem(make_row(GitHubToken, token(**more)), NOW) == said


def test_data_health_says_whose_the_tokens_are_and_which_one_ends_soon(
    open_app: Callable[[Path], AppTest], seed: ModuleType, migrated: Path, tmp_path: Path
) -> None:
    home = tmp_path / "tokens"
    shutil.copytree(migrated, home)
    soon = datetime.now(UTC) + timedelta(days=3)
    rows = [token(), token(place=2, name="token 2 of 2", login="bob", scopes=None, expires_at=soon)]
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        seed.write(opened, "complete", size=seed.Size(60, 40))
        commit(opened, Merge(schema.github_tokens, schema.frame(schema.github_tokens, rows)))
    app = open_app(home).run()
    app.switch_page(str(navigation.DATA_HEALTH.script)).run()
    assert not app.exception
    (warning,) = app.warning
    assert "Token 2 of 2 expires on" in warning.value
    shown = "\n".join(table.value.to_string() for table in app.dataframe)
    assert all(part in shown for part in ("ann", "bob", "read:org, repo", "4321"))
