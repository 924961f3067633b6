"""What a team's numbers are computed with: its settings and the definitions, each since when until when."""

from datetime import datetime

import polars as pl

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.metrics.anchors import ANCHORS_VERSION
from warehouse.metrics.formula import formula_of
from warehouse.metrics.metric import Metric
from warehouse.metrics.registry import metrics_with
from warehouse.store import Replace, Write

SETTING, DEFINITION = "setting", "definition"
TIMEZONE, PEOPLE, REPOSITORY, BOT, ANCHORS = "timezone", "people", "repository", "bot", "anchors"
NAMED = ("kind", "name", "value")


def describe(metric: Metric) -> str:
    """Return how a metric is computed: what makes another number of the same pull requests changes it."""
    marks = [
        f"at least {metric.min_n}" if metric.min_n else "",
        "bots count" if metric.include_bots else "",
        "what is left out counts" if metric.include_excluded else "",
        f"version {metric.version}",
    ]
    return "; ".join([formula_of(metric), *filter(None, marks)])


def read_basis(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Return what the numbers of this moment are computed with: `kind`, `name`, `value`."""
    settings = warehouse.read(_SETTINGS, {"team": team_id})
    rows = [(DEFINITION, metric.name, describe(metric)) for metric in metrics_with(has_issues=True)]
    rows.append((DEFINITION, ANCHORS, f"version {ANCHORS_VERSION}"))
    definitions = pl.DataFrame(rows, schema=dict.fromkeys(NAMED, pl.String()), orient="row")
    return pl.concat([settings.cast(definitions.schema), definitions]).unique(maintain_order=True)


def change_basis(warehouse: Warehouse, team_id: str, said_at: datetime) -> list[Write]:
    """Plan the writes that end what no longer holds and begin what does; nothing if all is as it was."""
    known = warehouse.read(_KNOWN, {"team": team_id})
    in_force, now = known.filter(pl.col("said_until").is_null()), read_basis(warehouse, team_id)
    begun = now.join(in_force, on=NAMED, how="anti")
    over = in_force.join(now, on=NAMED, how="anti")
    if begun.is_empty() and over.is_empty():
        return []
    rows = [
        in_force.join(over, on=NAMED, how="anti"),
        over.with_columns(said_until=pl.lit(said_at)),
        begun.select(pl.lit(team_id).alias("team_id"), *NAMED, said_from=pl.lit(said_at), said_until=None),
    ]
    types = schema.polars_schema(schema.counted_with)
    made = pl.concat([each.select(pl.col(name).cast(kind) for name, kind in types.items()) for each in rows])
    return [Replace(schema.counted_with, made, {"team_id": team_id, "said_until": None})]


def has_basis(warehouse: Warehouse, team_id: str, until: datetime | None = None) -> bool:
    """Return whether it is known what the numbers of a time were computed with: an earlier version did not keep it."""
    row = warehouse.read_one("SELECT min(said_from) AS since FROM counted_with WHERE team_id = ?", [team_id])
    since = row["since"] if row else None
    return since is not None and (until is None or since <= until)


# A repository by its id, which stays when it is renamed; an earlier version kept its name.
_KNOWN = f"""
SELECT k.* REPLACE (coalesce(r.id, k.value) AS value)
FROM counted_with k LEFT JOIN repositories r
  ON r.team_id = k.team_id AND r.full_name = k.value AND k.kind = '{SETTING}' AND k.name = '{REPOSITORY}'
WHERE k.team_id = $team
"""  # noqa: S608  constants of this module
# What a person decided, in whatever way: each makes other numbers of the same pull requests.
_SETTINGS = f"""
SELECT '{SETTING}' AS kind, name, value FROM team_settings
WHERE team_id = $team AND name NOT IN ('timezone', 'people', 'follow')
UNION ALL
SELECT '{SETTING}', '{TIMEZONE}', coalesce(timezone, 'UTC') FROM teams WHERE team_id = $team
UNION ALL
SELECT '{SETTING}', '{PEOPLE}', CASE WHEN has_people_views THEN 'on' ELSE 'off' END FROM teams WHERE team_id = $team
UNION ALL
SELECT '{SETTING}', '{REPOSITORY}', id FROM repositories WHERE team_id = $team AND is_followed
UNION ALL
SELECT '{SETTING}', '{BOT}', account_id || CASE WHEN is_bot THEN ' counts as a bot' ELSE ' counts as a human' END
FROM people WHERE team_id = $team AND decided_at IS NOT NULL AND is_bot IS NOT NULL AND account_id IS NOT NULL
ORDER BY ALL
"""  # noqa: S608  constants of this module
