"""The commands below `prflow teams`. Without one of them, the teams are listed."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.parts.arguments import Format, Json, examples

teams_app = typer.Typer(help="The teams: list, rename, merge, pause, export and delete them.")


Team = Annotated[
    str, typer.Argument(metavar="TEAM", help="Team, by its present or an earlier name.", show_default=False)
]


@teams_app.callback(invoke_without_command=True)
def teams(context: typer.Context, as_json: Json = False) -> None:
    """List, rename, merge, pause, export and delete teams."""
    if context.invoked_subcommand is None:
        list_(as_json)


@teams_app.command("list", epilog=examples("prflow teams list", "prflow teams list --json"))
def list_(as_json: Json = False) -> None:
    """List the teams with their state and what is stored of them. `prflow teams` alone does the same."""
    from flows.cli.teams.listing import show_teams

    show_teams(as_json)


@teams_app.command(epilog=examples("prflow teams rename acme acme-inc"))
def rename(
    team: Team,
    new: Annotated[str, typer.Argument(metavar="NEW", help="The owner's present login.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Rename a team whose owner was renamed on GitHub. The next run does so by itself.

    A team whose owner no longer exists on GitHub may be given any name.
    """
    from flows.cli.teams.changes import rename as run

    run(team, new, as_json)


@teams_app.command(epilog=examples("prflow teams merge acme acme-inc"))
def merge(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="Team to merge; it no longer exists afterwards.", show_default=False)
    ],
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="Team that has all rows afterwards.", show_default=False)
    ],
    as_json: Json = False,
) -> None:
    """Merge two teams of the same owner. If both have a row, that of TARGET is kept."""
    from flows.cli.teams.changes import merge as run

    run(source, target, as_json)


@teams_app.command(epilog=examples("prflow teams pause acme"))
def pause(team: Team, as_json: Json = False) -> None:
    """Pause the nightly sync of a team until it is resumed. Its data and its pages stay."""
    from flows.cli.teams.changes import pause as run

    run(team, is_paused=True, as_json=as_json)


@teams_app.command(epilog=examples("prflow teams resume acme"))
def resume(team: Team, as_json: Json = False) -> None:
    """End the pause of a team: the next night fetches what it missed."""
    from flows.cli.teams.changes import pause as run

    run(team, is_paused=False, as_json=as_json)


@teams_app.command(
    epilog=examples("prflow teams export acme acme.duckdb", "prflow teams export acme acme --format csv")
)
def export(
    team: Team,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="File, or folder for csv and parquet.")],
    format_: Annotated[
        Format, typer.Option("--format", help="One DuckDB file, or one file per table.")
    ] = Format.DUCKDB,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export.")] = False,
    as_json: Json = False,
) -> None:
    """Write everything that is stored of one team into files."""
    from flows.cli.data.export import show_export

    show_export(path, format_.value, force, as_json, team)


@teams_app.command(epilog=examples("prflow teams delete acme", "prflow teams delete acme --yes --json"))
def delete(
    team: Team,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: for scripts.")] = False,
    as_json: Json = False,
) -> None:
    """Delete a team with everything that is stored of it, after asking twice. Its tokens and runs in Prefect go too.

    Earlier snapshots of the warehouse hold the rows until the maintenance of the morning deletes them: after
    PRFLOW_WAREHOUSE_KEEP_DAYS, and two days more.
    """
    from flows.cli.teams.deletion import delete as run

    run(team, yes, as_json)
