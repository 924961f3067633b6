"""The step at which the set-up in the browser is: one row, so that any browser goes on where another one left."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.store import Delete, Merge, commit

CURRENT = "current"


class Step(StrEnum):
    """The steps in their order; after the last one the row is deleted."""

    CONNECT = "connect"
    ORGANISATION = "organisation"
    REPOSITORIES = "repositories"
    SYNC = "sync"


@dataclass(frozen=True)
class SetUpRow:
    """The row of `set_up`. `left_out` are full names of repositories that are not to be followed."""

    step: Step = Step.CONNECT
    team_id: str | None = None
    left_out: tuple[str, ...] = ()
    run_id: str | None = None
    begun_at: datetime | None = None


def read_set_up(warehouse: Warehouse) -> SetUpRow:
    """Return where the set-up is: at its first step if none is under way."""
    row = warehouse.read_one("SELECT step, team_id, left_out, run_id, begun_at FROM set_up WHERE id = ?", [CURRENT])
    if row is None:
        return SetUpRow()
    return SetUpRow(Step(row["step"]), row["team_id"], tuple(row["left_out"] or ()), row["run_id"], row["begun_at"])


def store_set_up(warehouse: Warehouse, row: SetUpRow, now: datetime) -> SetUpRow:
    """Store where the set-up is, and return the row as it is stored."""
    row = replace(row, begun_at=row.begun_at or now)
    values = {
        "id": CURRENT,
        "step": row.step.value,
        "team_id": row.team_id,
        "left_out": list(row.left_out),
        "run_id": row.run_id,
        "begun_at": row.begun_at,
        "changed_at": now,
    }
    commit(warehouse, Merge(schema.set_up, schema.frame(schema.set_up, [values], values)))
    return row


def end_set_up(warehouse: Warehouse) -> None:
    """Forget the set-up: it is done, or given up."""
    commit(warehouse, Delete(schema.set_up, {"id": CURRENT}))
