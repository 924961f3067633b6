"""Onboard one simulated organisation with two checkouts, and compare their tables row by row.

Each checkout runs its own services and its own `prflow onboard` in an empty home, with the virtual environment in its
`.venv`, against this checkout's simulators. Columns that say when or by which run something was done are not compared;
the output names them.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import duckdb

from benchmarks.options import make_parser

OWNER = "northwind"
HERE = Path(__file__).resolve().parents[1]
# Columns that say when or by which run, which differ between two runs of the same code.
_OF_A_RUN = """
run_id started_at ended_at last_progress_at moved_at fetched_at scanned_at done_at last_sync_at watermark_at status_at
checked_at computed_at analysed_at synced_at paused_until reset_at points_remaining latency_ms replied_at created_run_at
members_at deliveries_at first_seen_at last_seen_at waiting_until found_at stage_at github_requests github_points
"""
OF_A_RUN = frozenset(_OF_A_RUN.split())
# The same, but only in these tables. An event's id is made of when it happened.
OF_TIMES = {
    "account_logins": {"since"},
    "analysis_leases": {"expires_at"},
    "computations": {"said_at"},
    "counted_with": {"said_from"},
    "earlier_rows": {"said_until"},
    "events": {"happened_at", "id", "noted_at", "payload"},
    "llm_replies": {"body", "received_at", "request_id"},
    "locks": {"taken_at"},
    "pr_analysis": {"request_id"},
    "repositories": {"deliveries_read_at"},
    "second_readings": {"read_at"},
    "team_memberships": {"since"},
    "teams": {"accounts_read_at", "created_at", "members_read_at"},
    "week_summaries": {"written_at"},
    "weekly_metrics_history": {"said_until"},
}


def main() -> None:
    options = parser().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        here = make_tables(HERE, Path(folder) / "here", options)
        other = make_tables(options.other.resolve(), Path(folder) / "other", options)
        differing = compare_files(here, other)
    print("All tables are equal." if not differing else f"{differing} tables differ.")
    sys.exit(1 if differing else 0)


def parser() -> argparse.ArgumentParser:
    options = make_parser(
        "same_tables", "Onboard one simulated organisation with two checkouts, and compare their tables row by row."
    )
    options.add_argument("other", type=Path, metavar="CHECKOUT", help="folder of the other checkout, with its .venv")
    options.add_argument(
        "--as-of", default="2026-08-22T12:00+00:00", metavar="TIME", help="end of the import, ISO 8601"
    )
    options.add_argument("--seed", default="7", metavar="N", help="seed of the simulated organisation")
    return options


def make_tables(checkout: Path, home: Path, options: argparse.Namespace) -> Path:
    """Onboard the organisation with `checkout` in `home`, and return the exported file."""
    home.mkdir(parents=True)
    github = ["--as-of", options.as_of, "--seed", options.seed, "--login", OWNER]
    with simulator("github", *github) as github_url, simulator("llm") as model:
        environment = environment_of(checkout, home, github_url, model)
        prflow(checkout, home, environment, "onboard", OWNER, "--as-of", options.as_of, "--wait")
        prflow(checkout, home, environment, "export", str(home / "tables.duckdb"))
    return home / "tables.duckdb"


def environment_of(checkout: Path, home: Path, github: str, model: str) -> dict[str, str]:
    return {
        "PATH": f"{checkout / '.venv/bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": str(home),
        "PRFLOW_HOME": str(home / ".prflow"),
        "GITHUB_TOKEN": "demo-token",
        "GITHUB_API_URL": github,
        "GITHUB_GRAPHQL_URL": f"{github}/graphql",
        "GROQ_API_KEY": "simulated",
        "PRFLOW_LLM_BASE_URL": f"{model}/v1",
        "PRFLOW_LLM_PROVIDER": "simulated",
        "PRFLOW_LLM_MODEL": "simulated",
        "PRFLOW_LLM_RPM": "6000",
    }


@contextmanager
def simulator(name: str, *arguments: str) -> Iterator[str]:
    """Run a simulator and yield its URL."""
    command = [sys.executable, "-u", "-m", f"simulators.{name}", "--port", "0", *arguments]
    process = subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        if "listening on" not in line:
            raise SystemExit(f"simulators.{name} did not start")
        yield line.split()[-1].removesuffix("/v1")
    finally:
        process.terminate()
        process.wait(timeout=20)


def prflow(checkout: Path, home: Path, environment: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [str(checkout / ".venv/bin/prflow"), *arguments], cwd=home, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"prflow {' '.join(arguments)} of {checkout} failed:\n{done.stdout}\n{done.stderr}")


def compare_files(first: Path, second: Path) -> int:
    """Print one line per table, and return how many differ."""
    differing = 0
    with duckdb.connect() as connection:  # two plain files, not the warehouse
        connection.execute(f"ATTACH '{first}' AS a (READ_ONLY); ATTACH '{second}' AS b (READ_ONLY)")
        names = [columns_of(connection, database) for database in ("a", "b")]
        for table in sorted(names[0].keys() | names[1].keys()):
            one, other = names[0].get(table, []), names[1].get(table, [])
            line, is_equal = compare_table(connection, table, one, other)
            print(f"{table:<28} {line}")
            differing += not is_equal
    return differing


def columns_of(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[str]]:
    sql = "SELECT table_name, list(column_name) FROM duckdb_columns() WHERE database_name = ? GROUP BY ALL"
    return dict(connection.execute(sql, [database]).fetchall())


def compare_table(
    connection: duckdb.DuckDBPyConnection, table: str, one: list[str], other: list[str]
) -> tuple[str, bool]:
    if set(one) != set(other):
        return f"columns differ: {sorted(set(one) ^ set(other))}", False
    of_a_run = OF_A_RUN | OF_TIMES.get(table, set())
    names = sorted(set(one) - of_a_run)
    count = int(connection.execute(f"SELECT count(*) FROM a.{table}").fetchall()[0][0])
    left_out = sorted(set(one) & of_a_run)
    line = f"{count:>8,} rows, {len(names)} columns compared" + (f", not {', '.join(left_out)}" if left_out else "")
    differing = count_differing(connection, table, names)
    if not differing:
        return line, True
    columns = list_differing(connection, table, names)
    return f"{line}; {differing} rows differ, in {', '.join(columns) or 'how their columns go together'}", False


def differing_rows(
    first: Path, second: Path, left_out: Collection[str] = (), of_order: Mapping[str, set[str]] = MappingProxyType({})
) -> dict[str, tuple[int, list[str]]]:
    """Return, by table that differs, how many rows do and in which columns; tables of one file alone do not count.

    `of_order` has the columns, by table, that depend on the order in which things were done.
    """
    found = {}
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{first}' AS a (READ_ONLY); ATTACH '{second}' AS b (READ_ONLY)")
        one, other = columns_of(connection, "a"), columns_of(connection, "b")
        for table in sorted((one.keys() & other.keys()) - set(left_out)):
            names = sorted(set(one[table]) - OF_A_RUN - OF_TIMES.get(table, set()) - of_order.get(table, set()))
            if count := count_differing(connection, table, names):
                found[table] = (count, list_differing(connection, table, names))
    return found


def count_differing(connection: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> int:
    """Count the rows, of these columns alone, that only one side has."""
    listed = ", ".join(f'"{name}"' for name in columns)
    sql = "SELECT count(*) FROM (SELECT {0} FROM {1}.{3} EXCEPT ALL SELECT {0} FROM {2}.{3})"
    return max(
        int(connection.execute(sql.format(listed, *sides, table)).fetchall()[0][0])
        for sides in (("a", "b"), ("b", "a"))
    )


def list_differing(connection: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> list[str]:
    """Return the columns that differ, each by itself."""
    return [name for name in columns if count_differing(connection, table, [name])]


if __name__ == "__main__":
    main()
