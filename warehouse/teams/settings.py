"""What a team decides about its own pull requests: rows of `team_settings`, changed all or none."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import duckdb
import polars as pl

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.metrics.outcomes.team_rules import BUCKETS, MEANINGS, Rule, Told
from warehouse.store import Delete, Merge, apply

MAX_VALUE_LENGTH = 200
Setting = tuple[Rule, str]


class InvalidRule(PrflowError, ValueError):
    """A rule that cannot be, or one to remove that is not there."""


def parse_rule(text: str) -> Setting:
    """Return the name and the value in `exclude-label=no-metrics`; raise InvalidRule for anything else."""
    name, sign, value = text.partition("=")
    name, value = name.strip().lower(), value.strip()
    if name not in set(Rule) or not sign:
        known = "\n".join(f"  {rule.value}=...  {meaning}" for rule, meaning in MEANINGS.items())
        raise InvalidRule(f"“{text[:MAX_VALUE_LENGTH]}” is not a rule.", f"Write one of:\n{known}")
    if not value or len(value) > MAX_VALUE_LENGTH or not value.isprintable():
        raise InvalidRule(
            f"The value of the rule {name} must have 1 to {MAX_VALUE_LENGTH} printable characters.",
            f"For example: {name}=release*",
        )
    if name == Rule.OFF and value.lower() not in set(Told):
        raise InvalidRule(f"“{value}” cannot be switched off.", f"Write {' or '.join(f'off={each}' for each in Told)}.")
    if name == Rule.INVESTMENT and value.partition(":")[2].lower() not in BUCKETS:
        raise InvalidRule(
            f"“{value}” names no bucket.", f"Write TYPE:BUCKET, BUCKET being one of {', '.join(BUCKETS)}."
        )
    return Rule(name), value.lower() if name in {Rule.OFF, Rule.INVESTMENT} else value


def read_settings(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read the team's settings: `name`, `value`, `set_at`."""
    return warehouse.read(_STORED, [team_id])


def plan_settings(
    stored: pl.DataFrame, added: Sequence[Setting], removed: Iterable[Setting], now: datetime
) -> pl.DataFrame:
    """Return the settings after the change; raise InvalidRule if one to remove is not there."""
    rows = {(str(name), str(value)): set_at for name, value, set_at in stored.iter_rows()}
    for name, value in removed:
        if (name.value, value) not in rows:
            raise InvalidRule(f"The team has no rule {name.value}={value}.", "`prflow rules` lists the rules it has.")
        del rows[name.value, value]
    for name, value in added:
        rows.setdefault((name.value, value), now)
    found = [{"name": name, "value": value, "set_at": set_at} for (name, value), set_at in sorted(rows.items())]
    return pl.DataFrame(found, schema=stored.schema)


def apply_changes(
    warehouse: Warehouse, team_id: str, added: Sequence[Setting], removed: Sequence[Setting], now: datetime
) -> None:
    """Add and remove settings, all or none; what others changed meanwhile stays.

    Raise InvalidRule if one to remove is not there.
    """

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        stored = cursor.execute(_STORED, [team_id]).pl()
        planned = plan_settings(stored, added, removed, now)
        for name, value in removed:
            apply(cursor, Delete(schema.team_settings, {"team_id": team_id, "name": name.value, "value": value}))
        new = planned.join(stored, on=["name", "value", "set_at"], how="anti")
        rows = [row | {"team_id": team_id} for row in new.to_dicts()]
        apply(cursor, Merge(schema.team_settings, schema.frame(schema.team_settings, rows)))

    warehouse.transact(work)


_STORED = "SELECT name, value, set_at FROM team_settings WHERE team_id = ? ORDER BY name, value"
