"""The commands that ask the warehouse, copy it, and write what is in it elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.parts import panels
from flows.cli.parts.arguments import Format, Json, examples

data_app = typer.Typer()


@data_app.command(
    rich_help_panel=panels.NUMBERS, epilog=examples('prflow sql "FROM repositories"', "prflow sql --csv < question.sql")
)
def sql(
    query: Annotated[
        str | None,
        typer.Argument(metavar="QUERY", help="One SQL query; read from standard input if omitted.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every row, as one JSON list.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print every row, as CSV.")] = False,
    max_rows: Annotated[int, typer.Option(min=1, help="Stop with an error if the query has more rows.")] = 1_000_000,
    timeout: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="Stop a query that takes longer.")] = 300,
) -> None:
    """Run one read-only query in DuckDB's SQL, even while flows write. docs/tables.md lists the tables."""
    from flows.cli.sql import show_query as run
    from warehouse.sandbox.bounds import Bounds

    run(query, as_json, as_csv, Bounds(seconds=timeout, rows=max_rows))


@data_app.command(
    rich_help_panel=panels.OPERATE, epilog=examples("prflow backup prflow.zip", "prflow backup folder --force")
)
def backup(
    place: Annotated[Path, typer.Argument(metavar="PLACE", help="A .zip file to write, or a folder.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier backup.")] = False,
    as_json: Json = False,
) -> None:
    """Write the complete warehouse, as of one time, even while flows write; `prflow restore` brings it back anywhere.

    Tokens and settings are not in it: they lie in `.env` and in Prefect's database.
    """
    from flows.cli.data.backup import show_backup as run

    run(place, force, as_json)


@data_app.command(
    rich_help_panel=panels.OPERATE, epilog=examples("prflow restore prflow.zip", "prflow restore folder --replace")
)
def restore(
    place: Annotated[
        Path, typer.Argument(metavar="PLACE", help="What `prflow backup` wrote, or a copy of a catalog of an upgrade.")
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the teams that are there, even those of a newer prflow.")
    ] = False,
) -> None:
    """Bring a backup into the warehouse of the settings: complete or not at all. prflow must not be running."""
    from flows.cli.data.restore import show_restore as run

    run(place, replace)


@data_app.command(
    rich_help_panel=panels.OPERATE,
    epilog=examples(
        "prflow move --data s3://bucket/prflow",
        "prflow move --catalog 'postgres:host=db user=prflow dbname=lake' --data s3://bucket/prflow",
    ),
)
def move(
    catalog: Annotated[
        str | None,
        typer.Option(
            metavar="CATALOG", help="The new PRFLOW_WAREHOUSE_CATALOG, without a password.", show_default=False
        ),
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="DATA", help="The new PRFLOW_WAREHOUSE_DATA.", show_default=False)
    ] = None,
) -> None:
    """Copy the warehouse to another catalog, another place for its data files, or both, and say what to set then.

    The old warehouse stays as it is. prflow must not be running.
    """
    from flows.cli.data.move import show_move as run

    run(catalog, data)


@data_app.command(
    rich_help_panel=panels.NUMBERS,
    epilog=examples("prflow export prflow.duckdb", "prflow export folder --format parquet --force"),
)
def export(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A .duckdb file to write; with --format csv or parquet, a folder.")
    ],
    kind: Annotated[
        Format, typer.Option("--format", help="One DuckDB file, or a folder with one file per table.")
    ] = Format.DUCKDB,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing export.")] = False,
    as_json: Json = False,
) -> None:
    """Write all tables to files, all as of the same time, even while flows write."""
    from flows.cli.data.export import show_export as run

    run(path, kind.value, force, as_json)
