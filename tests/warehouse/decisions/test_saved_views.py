"""Names for addresses: whose they are, who sees and changes them, and which names cannot be."""

from datetime import UTC, datetime

import pytest

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.decisions.saved_views import (
    MAX_VIEWS,
    SavedView,
    UnknownView,
    delete_view,
    encode,
    read_saved_views,
    rename_view,
    save_view,
)
from warehouse.decisions.signatures import sign
from warehouse.errors import BadArgument
from warehouse.store import Merge, commit

NOW = datetime(2026, 11, 27, tzinfo=UTC)
ADA, BOB = "ada@example.com", "bob@example.com"


def _save(warehouse: Warehouse, name: str, who: str = ADA, team: str = "acme", *, is_shared: bool = False) -> SavedView:
    view = SavedView("", name, "delivery", encode({"period": ["12w"], "repos": ["a b", "c&d"]}), who, is_shared)
    return save_view(warehouse, team, view, NOW)


def _names(warehouse: Warehouse, who: str, team: str = "acme") -> list[str]:
    return [view.name for view in read_saved_views(warehouse, team, who)]


def test_a_view_is_private_unless_it_is_shared_and_of_one_team(warehouse: Warehouse) -> None:
    _save(warehouse, "mine")
    _save(warehouse, "ours", is_shared=True)
    _save(warehouse, "elsewhere", team="globex", is_shared=True)
    assert _names(warehouse, ADA) == ["mine", "ours"]
    assert _names(warehouse, BOB) == ["ours"]
    assert _names(warehouse, "") == ["ours"]


def test_its_filters_come_back_as_they_were(warehouse: Warehouse) -> None:
    _save(warehouse, "mine")
    (view,) = read_saved_views(warehouse, "acme", ADA)
    assert (view.page, view.filters) == ("delivery", {"period": ["12w"], "repos": ["a b", "c&d"]})


def test_only_its_owner_changes_a_view_or_an_admin_a_shared_one(warehouse: Warehouse) -> None:
    mine, ours = _save(warehouse, "mine"), _save(warehouse, "ours", is_shared=True)
    for view, is_admin in ((mine, False), (mine, True), (ours, False)):
        with pytest.raises(UnknownView):
            rename_view(warehouse, "acme", view.id, "x", by=BOB, is_admin=is_admin, now=NOW)
        with pytest.raises(UnknownView):
            delete_view(warehouse, "acme", view.id, by=BOB, is_admin=is_admin)
    with pytest.raises(UnknownView):
        delete_view(warehouse, "globex", mine.id, by=ADA, is_admin=True)
    rename_view(warehouse, "acme", mine.id, " my\nview ", by=ADA, is_admin=False, now=NOW)
    rename_view(warehouse, "acme", ours.id, "ours, by an admin", by=BOB, is_admin=True, now=NOW)
    assert _names(warehouse, ADA) == ["my view", "ours, by an admin"]
    assert [view.saved_by for view in read_saved_views(warehouse, "acme", BOB)] == [ADA]
    delete_view(warehouse, "acme", ours.id, by=BOB, is_admin=True)
    delete_view(warehouse, "acme", mine.id, by=ADA, is_admin=False)
    assert _names(warehouse, ADA) == []


def test_a_view_belongs_to_a_login_and_not_to_a_name(warehouse: Warehouse) -> None:
    john, renamed, other = (
        sign("John", "https://id", "1"),
        sign("J. Smith", "https://id", "1"),
        sign("John", "https://id", "2"),
    )
    kept = _save(warehouse, "mine", john)
    _save(warehouse, "Ada's", ADA)
    for who in (other, sign(ADA, "https://id", "3"), "John", john.removeprefix("John "), ""):
        assert _names(warehouse, who) == [], who
        with pytest.raises(UnknownView):
            delete_view(warehouse, "acme", kept.id, by=who, is_admin=False)
    assert _names(warehouse, renamed) == ["mine"]
    delete_view(warehouse, "acme", kept.id, by=renamed, is_admin=False)


def test_names_that_cannot_be(warehouse: Warehouse) -> None:
    kept = _save(warehouse, "Mine")
    for name, words in (
        ("", "needs a name"),
        (" \u200b\n", "needs a name"),
        ("x" * 81, "80 letters"),
        ("mINE", "of this"),
    ):
        with pytest.raises(BadArgument, match=words):
            _save(warehouse, name)
    _save(warehouse, "Mine", BOB)
    rename_view(warehouse, "acme", kept.id, "mine", by=ADA, is_admin=False, now=NOW)
    assert _names(warehouse, ADA) == ["mine"]


def test_an_address_that_is_too_long_and_one_view_too_many(warehouse: Warehouse) -> None:
    with pytest.raises(BadArgument, match="too long"):
        encode({"repos": ["x" * 5_000]})
    rows = [
        {
            "team_id": "acme",
            "id": str(number),
            "name": str(number),
            "page": "delivery",
            "parameters": "",
            "saved_by": ADA,
            "is_shared": False,
            "saved_at": NOW,
        }
        for number in range(MAX_VIEWS)
    ]
    commit(warehouse, Merge(schema.saved_views, schema.frame(schema.saved_views, rows)))
    with pytest.raises(BadArgument, match="100 views"):
        _save(warehouse, "one more")
