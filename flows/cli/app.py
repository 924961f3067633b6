"""The command `prflow`.

Everything heavy is imported inside the commands, so that help and status are quick. Answers go to stdout,
errors to stderr as one sentence and the way out; exit code 0 is given only for what was done.
"""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from warehouse.errors import PrflowError

app = typer.Typer(
    help="Pull-request analytics: GitHub, a language model, weekly metrics, one dashboard.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
llm_app = typer.Typer(help="The language model that reads the pull requests.", no_args_is_help=True)
app.add_typer(llm_app, name="llm")


class Format(StrEnum):
    DUCKDB = "duckdb"
    CSV = "csv"
    PARQUET = "parquet"


def _moment(text: str) -> datetime:
    """A time without a zone is meant in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is no moment: write it as 2026-08-22T12:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


Owner = Annotated[str, typer.Argument(help="GitHub organisation or user, as in github.com/OWNER.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, and nothing else.")]


@app.command()
def demo(
    is_exit: Annotated[bool, typer.Option("--exit", help="End when all is done instead of serving on.")] = False,
) -> None:
    """The whole product on a simulated GitHub and a simulated model. Needs no account and no key."""
    from flows.cli.demo import demo as run

    run(is_exit)


@app.command()
def up(
    owner: Annotated[str | None, typer.Argument(help="Onboard this GitHub owner at once.", show_default=False)] = None,
) -> None:
    """Start everything and keep it running: Prefect's server, a worker, the dashboard. Ctrl-C ends it."""
    from flows.cli.up import up as run

    run(owner)


@app.command()
def onboard(
    owner: Owner,
    repo: Annotated[list[str] | None, typer.Option(help="Only this repository; may be given several times.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            help="Fetch up to this moment (ISO 8601) instead of now.",
            parser=_moment,
            metavar="ISO8601",
            show_default=False,
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Return when the team is complete.")] = False,
) -> None:
    """Fetch, read and measure the pull requests of OWNER. Starts the services for as long as it takes if none run."""
    from flows.cli.onboard import onboard as run

    run(owner, repo, as_of, wait)


@app.command()
def history(
    owner: Owner,
    months: Annotated[
        int | None,
        typer.Option(min=1, max=600, help="Calendar months before the onboarding; PRFLOW_HISTORY_MONTHS if left out."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Return when it is there.")] = False,
) -> None:
    """Fetch an older part of OWNER's history, in the background. What is there is not fetched again."""
    from flows.cli.history import history as run

    run(owner, months, wait)


@app.command()
def status(
    team: Annotated[str | None, typer.Argument(help="Owner; the one that ran last if left out.")] = None,
    is_json: Json = False,
) -> None:
    """How far a team is: the same numbers as on the dashboard."""
    from flows.cli.status import show_status as run

    run(team, is_json)


@app.command()
def repos(
    owner: Owner,
    search: Annotated[str, typer.Option(help="Only those whose name contains this.", show_default=False)] = "",
    follow: Annotated[list[str] | None, typer.Option(help="Follow NAME from now on.", metavar="NAME")] = None,
    unfollow: Annotated[list[str] | None, typer.Option(help="Follow NAME no more.", metavar="NAME")] = None,
    is_all: Annotated[bool, typer.Option("--all", help="Archived ones and forks too.")] = False,
    is_json: Json = False,
) -> None:
    """The repositories of OWNER as GitHub has them, the last pushed to first, and which of them are followed."""
    from flows.cli.repos import Asked, show_repositories

    show_repositories(Asked(owner, search, follow or (), unfollow or (), is_all, is_json))


@app.command()
def members(owner: Owner, is_json: Json = False) -> None:
    """The members of the organisation OWNER with their roles and teams."""
    from flows.cli.members import show_members

    show_members(owner, is_json)


@app.command()
def sync(
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Repository to fetch.", show_default=False)],
    is_json: Json = False,
) -> None:
    """Fetch what changed in one repository, now, and compute the metrics anew. Follows it from then on."""
    from flows.cli.sync import show_sync

    show_sync(repository, is_json)


@app.command()
def bots(
    team: Annotated[str | None, typer.Argument(help="Owner; the one that ran last if left out.")] = None,
    bot: Annotated[list[str] | None, typer.Option(help="Count this account as a bot; may be repeated.")] = None,
    human: Annotated[list[str] | None, typer.Option(help="Count this account as a human; may be repeated.")] = None,
    by_rules: Annotated[list[str] | None, typer.Option(help="Take back what was decided of this account.")] = None,
    is_json: Json = False,
) -> None:
    """Which accounts count as bots and why; those that only behave like one are proposed, and you decide."""
    from flows.cli.bots import show_bots as run
    from warehouse.accounts import Verdict

    run(team, {Verdict.BOT: bot or [], Verdict.HUMAN: human or [], Verdict.BY_RULES: by_rules or []}, is_json)


@app.command()
def doctor(is_json: Json = False) -> None:
    """Check what prflow needs, and say what to do about what is missing."""
    from flows.cli.doctor import show_checks as run

    run(is_json)


@app.command()
def sql(
    query: Annotated[
        str | None, typer.Argument(help="One query; from standard input if left out.", show_default=False)
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="All rows as a JSON list on stdout.")] = False,
    is_csv: Annotated[bool, typer.Option("--csv", help="All rows as CSV on stdout.")] = False,
) -> None:
    """Ask the warehouse in SQL, read-only, while flows write. DuckDB's dialect; tables are in docs/tables.md."""
    from flows.cli.sql import show_query as run

    run(query, is_json, is_csv)


@app.command()
def export(
    path: Annotated[Path, typer.Argument(help="A .duckdb file to write; a folder with --format csv or parquet.")],
    kind: Annotated[
        Format, typer.Option("--format", help="One plain DuckDB file, or a file a table in a folder.")
    ] = Format.DUCKDB,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    is_json: Json = False,
) -> None:
    """Write all tables as files for tools that want files; consistent, while flows write."""
    from flows.cli.export import show_export as run

    run(path, kind.value, force, is_json)


Team = Annotated[
    str | None,
    typer.Option("--team", help="Only for this GitHub owner; for all without a token of their own if left out.",
                 show_default=False),
]  # fmt: skip


@app.command()
def login(team: Team = None) -> None:
    """Get a token of GitHub's by entering a code in a browser, as `gh auth login` does, and keep it."""
    from flows.cli.login import login as run

    run(team)


@app.command()
def logout(team: Team = None) -> None:
    """Forget the token of `prflow login`."""
    from flows.cli.login import logout as run

    run(team)


@app.command()
def analyse(
    owner: Owner,
    limit: Annotated[
        int | None, typer.Option(min=1, help="The model reads at most so many.", show_default=False)
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing: say how many, what they cost and how long they take.")
    ] = False,
    replay: Annotated[
        bool, typer.Option("--replay", help="Send nothing: read stored replies with today's checks.")
    ] = False,
    is_json: Json = False,
) -> None:
    """Read the pull requests of OWNER that are pending: new, changed, or read by another model or version."""
    from flows.cli.analyse import analyse as run

    run(owner, limit, replay, dry_run, is_json)


@llm_app.command("check")
def llm_check(is_json: Json = False) -> None:
    """Ask the model once, and say what works or what is wrong: key, address, model, format, limits, price."""
    from flows.cli.llm_check import check as run

    run(is_json)


def main() -> None:
    try:
        app()
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if not _is_ours(error):
            raise
        _explain(error)
        sys.exit(1)


def _is_ours(error: Exception) -> bool:
    """prflow's own exceptions say what is wrong; of pydantic's, those about settings do."""
    return isinstance(error, PrflowError) or type(error).__name__ == "ValidationError"


def _explain(error: Exception) -> None:
    from flows.cli.terminal import clean
    from flows.lifecycle.explain import say

    console = Console(stderr=True, soft_wrap=True)
    if tail := getattr(error, "tail", ""):
        console.print(tail, style="dim", markup=False, highlight=False)
    console.print(clean(say(error)), style="red", markup=False, highlight=False)
    if hint := getattr(error, "hint", None):
        console.print(clean(hint), markup=False, highlight=False)


if __name__ == "__main__":
    main()
