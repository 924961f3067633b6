"""Plan what to fetch after a scan, given what is already stored: pure, frames in and frames out."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from tasks.github.pull_requests.scanned import Refetch, ScannedPullRequest
from warehouse import schema
from warehouse.windows import Phase

_SCANNED_SCHEMA = {
    "pull_request_id": pl.String(),
    "number": pl.Int32(),
    "scanned_updated_at": pl.Datetime("us", "UTC"),
    "position": pl.Int32(),
    "created_at": pl.Datetime("us", "UTC"),
    "is_open": pl.Boolean(),
}


@dataclass(frozen=True)
class Plan:
    """What one scan of one repository changes in `sync_items`.

    `to_fetch`: ids, the last updated first. `to_write`: rows that are new or changed since they were written.
    `to_drop`: ids of rows of this phase that the scan no longer finds. `kept_count`: the number of rows of this phase
    that are done and stay so.
    """

    to_fetch: tuple[str, ...]
    to_write: pl.DataFrame
    to_drop: tuple[str, ...]
    kept_count: int


def plan_items(
    scanned: Sequence[ScannedPullRequest], stored: pl.DataFrame, phase: Phase, refetches: Sequence[Refetch] = ()
) -> Plan:
    """Compare a scan with the `stored` rows of the repository in `sync_items`, of all phases.

    Rows that are done but `is_unsure` are fetched again if the scan found them; `refetches` are fetched in any case,
    after what the scan found. What any phase has fetched at this updatedAt, or a newer one, is not fetched again: this
    keeps two open windows disjoint, and lets a second run continue where the first was interrupted. `to_write` has the
    columns pull_request_id, number, phase, updated_at, state, attempts, created_at and is_open.
    """
    seen = {item.id for item in scanned}
    rows = _frame([*scanned, *(item for item in refetches if item.id not in seen)])
    own = stored.filter(pl.col("phase") == phase)
    sure = stored.filter((pl.col("state") == "done") & ~pl.col("is_unsure"))
    done = sure.group_by("pull_request_id").agg(done_at=pl.col("updated_at").max())
    wanted = (
        rows.join(done, on="pull_request_id", how="left")
        .filter(
            pl.col("done_at").is_null()
            | (pl.col("done_at") < pl.col("scanned_updated_at"))
            | pl.col("pull_request_id").is_in([item.id for item in refetches])
        )
        .sort("position")
    )
    gone = own.filter(pl.col("state") != "done").join(wanted, on="pull_request_id", how="anti")
    own_done = own.filter(pl.col("state") == "done").join(wanted, on="pull_request_id", how="anti")
    return Plan(
        to_fetch=tuple(wanted["pull_request_id"]),
        to_write=_to_write(wanted, own, phase),
        to_drop=tuple(gone["pull_request_id"]),
        kept_count=len(own_done),
    )


def _frame(scanned: Sequence[ScannedPullRequest | Refetch]) -> pl.DataFrame:
    rows = [
        (item.id, item.number, item.updated_at, position, item.created_at, item.state and item.state == "OPEN")
        for position, item in enumerate(scanned)
    ]
    return pl.DataFrame(rows, schema=_SCANNED_SCHEMA, orient="row")


def _to_write(wanted: pl.DataFrame, own: pl.DataFrame, phase: Phase) -> pl.DataFrame:
    """Return the rows that are not in `sync_items` yet as pending with this updatedAt."""
    before = own.select("pull_request_id", "state", "updated_at", "attempts")
    joined = wanted.join(before, on="pull_request_id", how="left")
    is_current = (pl.col("state") == "pending") & (pl.col("updated_at") == pl.col("scanned_updated_at"))
    types = schema.polars_schema(schema.sync_items)
    return joined.filter(is_current.fill_null(False).not_()).select(
        "pull_request_id",
        "number",
        pl.lit(phase, types["phase"]).alias("phase"),
        pl.col("scanned_updated_at").alias("updated_at"),
        pl.lit("pending").alias("state"),
        pl.col("attempts").fill_null(0),
        "created_at",
        "is_open",
    )
