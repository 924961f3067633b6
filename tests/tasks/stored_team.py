"""A team of text tables, stored in a warehouse as the sync stores it."""

import polars as pl

from tests.warehouse.metrics.tables import AS_OF, FIRST_MONDAY
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.metrics.facts import COLUMNS, Facts
from warehouse.progress import Run
from warehouse.store import Replace, commit
from warehouse.windows import Phase, Window

RUN = Run(
    run_id="run-1",
    team_id="acme",
    flow="onboarding",
    phase=Phase.RECENT,
    as_of=AS_OF,
    window=Window(FIRST_MONDAY),
    is_as_of_fixed=True,
)


def store(warehouse: Warehouse, facts: Facts) -> None:
    """Replace the team's rows by those of `facts`."""
    team = schema.frame(
        schema.teams,
        [{"team_id": facts.team_id, "timezone": facts.timezone, "has_people_views": facts.has_people_views}],
        columns=("team_id", "timezone", "has_people_views"),
    )
    tables = [Replace(schema.metadata.tables[name], _rows(name, facts), {"team_id": facts.team_id}) for name in COLUMNS]
    commit(warehouse, Replace(schema.teams, team, {"team_id": facts.team_id}), *tables)


def _rows(name: str, facts: Facts) -> pl.DataFrame:
    rows: pl.DataFrame = getattr(facts, name).with_columns(team_id=pl.lit(facts.team_id))
    if name == "repositories":
        return rows.with_columns(is_followed=True)
    return rows.with_columns(state=pl.lit("failed")) if name == "sync_items" else rows
