"""Teams are renamed, merged and deleted in every table, whichever tables there are."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import polars as pl
import pytest

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.identity.teams import (
    TABLES_OF_TEAMS,
    TeamExists,
    count_rows,
    delete_team,
    find_team,
    merge_teams,
    read_owner,
    rename_team,
)
from warehouse.store import Replace, commit
from warehouse.upkeep import rewrite

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)
VALUES: dict[type[pl.DataType], Callable[[str], object]] = {
    pl.String: str,
    pl.Boolean: lambda text: True,
    pl.Int32: lambda text: 1,
    pl.Int64: lambda text: 1,
    pl.Float64: lambda text: 1.0,
    pl.Datetime: lambda text: NOW,
    pl.Date: lambda text: date(2026, 8, 17),
    pl.List: lambda text: [],
    pl.Binary: lambda text: text.encode(),
}


def fill(warehouse: Warehouse, team: str, key: str) -> None:
    """Write a row of a team into every table; its text values are `key` and the name of the column."""
    writes: list[Replace] = []
    for table in TABLES_OF_TEAMS:
        types = schema.polars_schema(table)
        row = {name: VALUES[type(kind)](f"{key}-{name}") for name, kind in types.items()} | {"team_id": team}
        if "scope" in row:
            row |= {"scope": "team", "scope_id": team}
        writes.append(Replace(table, schema.frame(table, [row]), {"team_id": team}))
    commit(warehouse, *writes)


def rows(warehouse: Warehouse) -> dict[str, list[str]]:
    """Return the teams of the rows of each table."""
    names = [table.name for table in TABLES_OF_TEAMS]
    return {name: sorted(warehouse.read(f"SELECT team_id FROM {name}")["team_id"]) for name in names}


def test_every_table_but_the_catalogue_of_metrics_and_the_locks_belongs_to_a_team() -> None:
    others = set(schema.metadata.tables) - {table.name for table in TABLES_OF_TEAMS}
    assert others == {"metric_catalogue", "locks"}


def test_a_renamed_team_leaves_no_row_behind(warehouse: Warehouse) -> None:
    fill(warehouse, "acme", "a")
    fill(warehouse, "globex", "g")
    rename_team(warehouse, "acme", "Acme-Inc")
    assert set(map(tuple, rows(warehouse).values())) == {("acme-inc", "globex")}
    assert warehouse.read("SELECT login, earlier_ids FROM teams WHERE team_id = 'acme-inc'").rows() == [
        ("Acme-Inc", ["acme"])
    ]
    assert warehouse.read("SELECT scope_id FROM insights ORDER BY ALL")["scope_id"].to_list() == ["acme-inc", "globex"]
    rename_team(warehouse, "acme-inc", "acme")
    assert warehouse.read("SELECT earlier_ids FROM teams WHERE team_id = 'acme'").rows() == [(["acme-inc"],)]
    assert (find_team(warehouse, "ACME-inc"), find_team(warehouse, "nobody")) == ("acme", None)


def test_a_team_does_not_take_the_name_of_another(warehouse: Warehouse) -> None:
    fill(warehouse, "acme", "a")
    fill(warehouse, "globex", "g")
    with pytest.raises(TeamExists, match="There is a team globex already") as raised:
        rename_team(warehouse, "acme", "globex")
    assert "prflow teams merge acme globex" in raised.value.hint


def test_two_teams_become_one_and_what_both_have_is_there_once(warehouse: Warehouse) -> None:
    fill(warehouse, "acme", "same")
    fill(warehouse, "acme-inc", "same")
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE teams SET created_at = '2026-01-01', timezone = 'Asia/Tokyo' WHERE team_id = 'acme'")
        cursor.execute("INSERT INTO people (team_id, account_id, is_bot) VALUES ('acme', 'U_9', true)")
    merge_teams(warehouse, "acme", "acme-inc")
    assert set().union(*rows(warehouse).values()) == {"acme-inc"}
    for table in TABLES_OF_TEAMS:
        keys = warehouse.read(f"SELECT {', '.join(schema.key_of(table))} FROM {table.name}")
        if "team_id" in schema.key_of(table):
            assert keys.is_unique().all(), table.name
    assert warehouse.read("SELECT count(*) FROM people").item() == 2
    assert warehouse.read("SELECT timezone, earlier_ids FROM teams").rows() == [("Asia/Tokyo", ["acme"])]


def test_a_deleted_team_is_gone_from_every_table_and_no_other_team_is(warehouse: Warehouse) -> None:
    fill(warehouse, "acme", "a")
    fill(warehouse, "globex", "g")
    seen: dict[str, int] = {}
    assert delete_team(warehouse, "acme", seen.__setitem__) == len(TABLES_OF_TEAMS)
    rewrite(warehouse)
    assert seen == {table.name: 1 for table in TABLES_OF_TEAMS}
    assert set(map(tuple, rows(warehouse).values())) == {("globex",)}
    assert count_rows(warehouse, "acme") == {}


def test_an_earlier_name_that_is_another_team_now_is_not_this_ones(warehouse: Warehouse) -> None:
    fill(warehouse, "acme", "a")
    rename_team(warehouse, "acme", "acme-inc")
    assert read_owner(warehouse, "acme-inc").names == ("acme-inc", "acme")
    fill(warehouse, "acme", "b")
    assert read_owner(warehouse, "acme-inc").names == ("acme-inc",), "its token is not for this team"
    assert find_team(warehouse, "acme") == "acme"
