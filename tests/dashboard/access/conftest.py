"""Two teams in one warehouse, and people who may see one of them, both, or neither."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.measure import measure_again
from warehouse.settings import WarehouseSettings
from warehouse.store import Merge, commit

SECRET = "Zyzzyva"
"""In every text of the second team, and nowhere else."""
OTHER = "zyzzyva-corp"
OTHER_PULL_REQUEST = "PR_of_the_others"
LIST = """
[[allow]]
email = "viewer@example.com"
role = "viewer"
teams = ["northwind"]

[[allow]]
email = "analyst@example.com"
role = "analyst"
teams = ["northwind"]

[[allow]]
email = "admin@example.com"
role = "admin"
teams = ["northwind"]

[[allow]]
group = "data"
role = "analyst"

[[allow]]
email = "root@example.com"
role = "admin"

[[allow]]
email = "future@example.com"
role = "viewer"
teams = ["not-yet-here"]
"""
LOGIN = {
    "PRFLOW_LOGIN_METADATA_URL": "http://localhost:1/.well-known/openid-configuration",
    "PRFLOW_LOGIN_CLIENT_ID": "prflow",
    "PRFLOW_LOGIN_CLIENT_SECRET": "the secret of the client",
    "PRFLOW_LOGIN_COOKIE_SECRET": "the secret of the cookies, which is long",
    "PRFLOW_LOGIN_CONTACT": "the [data](http://evil.example) team",
}


@pytest.fixture(scope="session")
def two_teams(tmp_path_factory: pytest.TempPathFactory, migrated: Path, seed: ModuleType) -> Path:
    """Return the home of a warehouse with `northwind` and `zyzzyva-corp`, and its list of people."""
    home = tmp_path_factory.mktemp("two_teams")
    shutil.copytree(migrated, home, dirs_exist_ok=True)
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        seed.write(opened, "complete", size=seed.Size(40, 40))
        for table, row in _rows_of_the_others(seed):
            commit(opened, Merge(table, schema.frame(table, [row], row)))
        measure_again(opened, OTHER)
    (home / "access.toml").write_text(LIST)
    return home


def _rows_of_the_others(seed: ModuleType) -> Iterator[tuple[Any, dict[str, Any]]]:
    at = seed.AS_OF
    yield schema.teams, seed.team_row(at, "complete", team_id=OTHER, login=OTHER, name=SECRET)
    repository = {
        "id": "R_of_the_others",
        "team_id": OTHER,
        "full_name": f"{OTHER}/{SECRET}",
        "name": SECRET,
        "is_followed": True,
        "sync_status": "done",
        "history_from": at.replace(month=8),
        "watermark_at": at,
    }
    yield schema.repositories, repository
    pull_request = {
        "id": OTHER_PULL_REQUEST,
        "team_id": OTHER,
        "repository_id": "R_of_the_others",
        "number": 7,
        "title": f"{SECRET} plans",
        "author_login": f"{SECRET}-author",
        "author_kind": "User",
        "state": "MERGED",
        "is_draft": False,
        "created_at": at.replace(day=10),
        "updated_at": at.replace(day=12),
        "merged_at": at.replace(day=12),
        "closed_at": at.replace(day=12),
        "additions": 5,
        "deletions": 2,
        "is_complete": True,
        "fetched_at": at,
    }
    yield schema.pull_requests, pull_request


@dataclass(frozen=True)
class Claims:
    """The claims of a person who is logged in now."""

    email: str = ""
    groups: tuple[str, ...] = ()

    def made(self, **others: object) -> dict[str, object]:
        """Return them as Streamlit has them, with others in their place."""
        verified = {"email": self.email, "email_verified": True} if self.email else {}
        known = {"is_logged_in": True, "iat": int(time.time()) - 60, "sub": "1", "groups": [*self.groups]}
        return known | verified | others


@pytest.fixture
def log_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., dict[str, object]]:
    """Configure a login for this process; return a function that makes somebody's claims."""
    monkeypatch.chdir(tmp_path)
    for name, value in LOGIN.items():
        monkeypatch.setenv(name, value)

    def claims(who: str, **others: object) -> dict[str, object]:
        person = Claims(f"{who}@example.com") if who != "data" else Claims(groups=("data",))
        return person.made(**others)

    return claims
