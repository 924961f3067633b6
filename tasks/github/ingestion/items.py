"""What a scan leaves to be fetched, given what is already there: pure, frames in and frames out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from tasks.github.pull_requests.scan import Found
from warehouse import schema
from warehouse.windows import Phase

_FOUND_SCHEMA = {
    "pull_request_id": pl.String(),
    "number": pl.Int32(),
    "found_at": pl.Datetime("us", "UTC"),
    "place": pl.Int32(),
}


@dataclass(frozen=True)
class Refetch:
    """A pull request that is to be fetched again, though it may not have moved; `updated_at` as it is known."""

    id: str
    number: int
    updated_at: datetime


@dataclass(frozen=True)
class Plan:
    """What one scan of one repository changes in `sync_items`.

    `to_fetch`: ids, the last updated first. `to_write`: rows that are new or changed since they were
    written. `to_drop`: ids of rows of this phase that the scan does not find any more. `kept_count`: rows
    of this phase that are done and stay so.
    """

    to_fetch: tuple[str, ...]
    to_write: pl.DataFrame
    to_drop: tuple[str, ...]
    kept_count: int


def plan_items(found: Sequence[Found], known: pl.DataFrame, phase: Phase, again: Sequence[Refetch] = ()) -> Plan:
    """Compare what a scan found with what is `known`: the repository's rows of `sync_items`, of all phases.

    What is done but `is_unsure` is fetched again where the scan found it.
    `again` is fetched in any case, behind what the scan found.
    What any phase has fetched as it is now, or newer, is not fetched again; that is what keeps two open
    windows disjoint, and what makes a second run go on where the first was cut off. `to_write` has the
    columns pull_request_id, number, phase, updated_at, state and attempts.
    """
    seen = {item.id for item in found}
    scanned = _frame([*found, *(item for item in again if item.id not in seen)])
    own = known.filter(pl.col("phase") == phase)
    sure = known.filter((pl.col("state") == "done") & ~pl.col("is_unsure"))
    done = sure.group_by("pull_request_id").agg(done_at=pl.col("updated_at").max())
    wanted = (
        scanned.join(done, on="pull_request_id", how="left")
        .filter(
            pl.col("done_at").is_null()
            | (pl.col("done_at") < pl.col("found_at"))
            | pl.col("pull_request_id").is_in([item.id for item in again])
        )
        .sort("place")
    )
    gone = own.filter(pl.col("state") != "done").join(wanted, on="pull_request_id", how="anti")
    own_done = own.filter(pl.col("state") == "done").join(wanted, on="pull_request_id", how="anti")
    return Plan(
        to_fetch=tuple(wanted["pull_request_id"]),
        to_write=_to_write(wanted, own, phase),
        to_drop=tuple(gone["pull_request_id"]),
        kept_count=len(own_done),
    )


def _frame(found: Sequence[Found | Refetch]) -> pl.DataFrame:
    rows = [(item.id, item.number, item.updated_at, place) for place, item in enumerate(found)]
    return pl.DataFrame(rows, schema=_FOUND_SCHEMA, orient="row")


def _to_write(wanted: pl.DataFrame, own: pl.DataFrame, phase: Phase) -> pl.DataFrame:
    """Rows that are not in `sync_items` yet as they should be: pending, at this updatedAt."""
    before = own.select("pull_request_id", "state", "updated_at", "attempts")
    joined = wanted.join(before, on="pull_request_id", how="left")
    is_as_it_should_be = (pl.col("state") == "pending") & (pl.col("updated_at") == pl.col("found_at"))
    types = schema.polars_schema(schema.sync_items)
    return joined.filter(is_as_it_should_be.fill_null(False).not_()).select(
        "pull_request_id",
        "number",
        pl.lit(phase, types["phase"]).alias("phase"),
        pl.col("found_at").alias("updated_at"),
        pl.lit("pending").alias("state"),
        pl.col("attempts").fill_null(0),
    )
