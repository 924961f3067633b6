"""Read the facts of one team in shares of some repositories each, at one snapshot: memory does not grow with the team.

Each table is read once, and its rows lie in temporary files, a folder a share, until they are computed. A team of one
share is read into memory at once.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import polars as pl

from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.home.attaching import quoted
from warehouse.metrics.accounts.people import AUTHORED, decide_accounts
from warehouse.metrics.facts import COLUMNS, KEY, Facts
from warehouse.metrics.life.prepared import Common, Shares
from warehouse.metrics.life.shares import MAX_PULL_REQUESTS, OF_PULL_REQUESTS, plan_shares
from warehouse.read_facts import OF_ISSUES, facts_schema, read_tables, select_rows, tables_of_metrics

_COUNTS = f"""
SELECT repository_id, count(*) AS n, min(updated_at) AS oldest
FROM ({select_rows("pull_requests")}) GROUP BY ALL ORDER BY ALL
"""  # noqa: S608  constants
_PULL_REQUESTS = "pull_requests"


class NoTemporaryFiles(PrflowError):
    """The folder for temporary files cannot be written to, or is full."""

    hint = "Make room there, or set TMPDIR to a folder with 500 bytes for each pull request. Nothing stored is lost."


@contextmanager
def read_in_shares(warehouse: Warehouse, team_id: str, max_pull_requests: int = MAX_PULL_REQUESTS) -> Iterator[Shares]:
    """Yield the facts of one team, of which no share has more pull requests than this unless one repository has.

    The shares are there within the `with`. Raises UnknownTeam, and NoTemporaryFiles.
    """
    with _temporary_folder() as folder:
        with warehouse.cursor() as cursor:
            cursor.execute("BEGIN TRANSACTION")
            shares = share_out(cursor, team_id, folder, max_pull_requests)
            cursor.execute("COMMIT")
        yield shares


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    try:
        folder = TemporaryDirectory(prefix="prflow-facts-")
    except OSError as error:
        raise NoTemporaryFiles(f"There is no folder for temporary files: {error}.") from error
    with folder as name:
        try:
            yield Path(name)
        except (duckdb.IOException, OSError) as error:
            if name not in str(error):
                raise
            reason = str(error).rpartition(": ")[2]
            raise NoTemporaryFiles(f"Temporary files cannot be written to {Path(name).parent} ({reason}).") from error


def share_out(
    cursor: duckdb.DuckDBPyConnection, team_id: str, folder: Path, max_pull_requests: int = MAX_PULL_REQUESTS
) -> Shares:
    """Read the facts of one team in the transaction of the cursor; several shares lie in `folder`."""
    tables = tables_of_metrics()
    counts = cursor.execute(_COUNTS, {"team_id": team_id}).pl()
    plan = plan_shares(counts.select("repository_id", "n"), max_pull_requests)
    if plan["_share"].n_unique() > 1:
        return _Files(cursor, folder, tables).read(team_id, plan, counts)
    return Shares.of(read_tables(cursor, team_id, tables))


@dataclass(frozen=True)
class _Files:
    """Temporary files of the rows about pull requests: `<table>/_share=<number>/*.parquet`."""

    cursor: duckdb.DuckDBPyConnection
    folder: Path
    tables: frozenset[str]

    def read(self, team_id: str, plan: pl.DataFrame, counts: pl.DataFrame) -> Shares:
        """Write the files, and read what all shares have in common."""
        self._write(team_id, plan)
        team = read_tables(self.cursor, team_id, self.tables.difference(OF_PULL_REQUESTS, [_PULL_REQUESTS]))
        oldest, has_issues = counts.select(pl.col("oldest").min()).item(), self.tables >= OF_ISSUES
        team = replace(team, oldest_update=oldest, has_issues=has_issues)
        common = Common(decide_accounts(self._read_accounts(), team.people), self._read_replacements())
        return Shares(team, self._read_shares(team, plan["_share"].unique().sort()), common)

    def _write(self, team_id: str, plan: pl.DataFrame) -> None:
        self.cursor.register("planned", plan.to_arrow())
        placed = f"SELECT * FROM ({select_rows(_PULL_REQUESTS)}) JOIN planned USING (repository_id)"  # noqa: S608  constants
        self._copy(_PULL_REQUESTS, placed, team_id)
        self.cursor.unregister("planned")
        shares = self._of(_PULL_REQUESTS)
        for name in OF_PULL_REQUESTS:
            if name in self.tables:
                rows = select_rows(name, "true")
                placed = f"SELECT rows.*, _share FROM ({rows}) AS rows JOIN {shares} AS placed ON placed.id = {KEY}"  # noqa: S608
                self._copy(name, placed, team_id)

    def _copy(self, name: str, rows: str, team_id: str) -> None:
        to = quoted(str(self.folder / name))
        self.cursor.execute(
            f"COPY ({rows}) TO '{to}' (FORMAT parquet, COMPRESSION uncompressed, PARTITION_BY (_share))",
            {"team_id": team_id},
        )

    def _of(self, name: str) -> str:
        """Return what stands for all rows of a table after FROM."""
        if not any(self.folder.glob(f"{name}/*")):
            return f"(SELECT {', '.join(f'NULL::VARCHAR AS {column}' for column in COLUMNS[name])} WHERE false)"
        return f"read_parquet('{quoted(str(self.folder / name / '*' / '*.parquet'))}', hive_partitioning = true)"

    def _read_accounts(self) -> pl.DataFrame:
        columns = "author_id AS account_id, author_login AS login, author_kind AS kind"
        parts = [f"SELECT {columns} FROM {self._of(name)}" for name in AUTHORED]  # noqa: S608
        return self.cursor.execute(" UNION ".join(parts)).pl()

    def _read_replacements(self) -> pl.DataFrame:
        """Return `find_replacements` of all shares."""
        return self.cursor.execute(
            f"""
            WITH closed AS (
                SELECT DISTINCT {KEY}, subject AS oid FROM {self._of("timeline_events")} WHERE kind = 'Closed'
            ), merged AS (
                SELECT id, merge_commit_oid AS oid FROM {self._of(_PULL_REQUESTS)}
                WHERE merged_at IS NOT NULL OR state = 'MERGED'
            ), landed AS (
                FROM merged UNION ALL
                SELECT merged.id, commits.oid FROM {self._of("commits")} AS commits JOIN merged ON merged.id = {KEY}
            )
            SELECT DISTINCT {KEY}, oid FROM closed JOIN landed USING (oid) WHERE landed.id <> {KEY}
            """  # noqa: S608
        ).pl()

    def _read_shares(self, team: Facts, numbers: Iterable[int]) -> Iterator[Facts]:
        for number in numbers:
            frames = {name: self._read_share(name, number) for name in (_PULL_REQUESTS, *OF_PULL_REQUESTS)}
            yield replace(team, **frames)  # type: ignore[arg-type]

    def _read_share(self, name: str, number: int) -> pl.DataFrame:
        types, folder = facts_schema(name), self.folder / name / f"_share={number}"
        if not folder.exists():
            return pl.DataFrame(schema=types)
        rows = pl.read_parquet(folder / "*.parquet", columns=list(COLUMNS[name]), hive_partitioning=False)
        return rows.cast(types).rechunk()  # type: ignore[arg-type]
