"""The command `prflow`.

Everything heavy is imported inside the commands, so that help and status are quick. Results go to stdout; errors go
to stderr as one sentence and what to do about it. Exit codes: 0 only if the work was done, 1 if not, 2 for wrong
usage, 130 after Ctrl-C, 143 after SIGTERM.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.jira.app import jira_app
from flows.cli.keys.app import keys_app
from flows.cli.metrics.app import metrics_app
from flows.cli.notify.app import notify_app
from flows.cli.parts import door
from flows.cli.parts.arguments import Format, Json, Owner, TeamArgument, TeamOption, examples
from flows.cli.parts.flagged import FlaggedGroup
from flows.cli.teams.app import teams_app
from warehouse.guard.child_environment import without_proxy

app = typer.Typer(
    cls=FlaggedGroup,
    help="Pull-request analytics: GitHub, a language model, weekly metrics, one dashboard.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
llm_app = typer.Typer(help="The language model that reads the pull requests.", no_args_is_help=True)
app.add_typer(llm_app, name="llm")
app.add_typer(teams_app, name="teams")
app.add_typer(notify_app, name="notify")
app.add_typer(metrics_app, name="metrics")
app.add_typer(jira_app, name="jira")
app.add_typer(keys_app, name="keys")


def _parse_timestamp(text: str) -> datetime:
    """Parse ISO 8601; a timestamp without a time zone is in UTC."""
    try:
        timestamp = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"Invalid timestamp '{text}': use ISO 8601, for example 2026-08-22T12:00Z.") from None
    return timestamp.replace(tzinfo=UTC) if timestamp.tzinfo is None else timestamp


@app.command(epilog=examples("prflow demo", "prflow demo --exit", "prflow demo --setup"))
def demo(
    exit_when_done: Annotated[
        bool, typer.Option("--exit", help="Exit when everything is done, instead of serving until Ctrl-C.")
    ] = False,
    setup: Annotated[
        bool, typer.Option("--setup", help="Begin with the set-up in the browser, instead of an import.")
    ] = False,
    pull_requests: Annotated[
        int,
        typer.Option(
            "--pull-requests", min=20, max=100_000, metavar="N", help="How many the simulated GitHub has, of 120 days."
        ),
    ] = 1_200,
) -> None:
    """Run the complete product on a simulated GitHub and a simulated model. Needs no account and no key."""
    from flows.cli.demo import demo as run

    run(exit_when_done, setup, pull_requests)


@app.command(epilog=examples("prflow up", "prflow up acme"))
def up(
    owner: Annotated[
        str | None, typer.Argument(metavar="OWNER", help="Onboard this GitHub owner right away.", show_default=False)
    ] = None,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Write logs as JSON, one object a line: PRFLOW_LOG_JSON=true.")
    ] = False,
) -> None:
    """Start Prefect's server, a worker and the dashboard, and keep them running. Ctrl-C ends them."""
    from flows.cli.up import up as run

    run(owner, log_json)


@app.command(
    epilog=examples(
        "prflow onboard acme",
        "prflow onboard acme --repo web --repo api --wait",
        "prflow onboard acme --as-of 2026-08-22T12:00Z",
        "prflow onboard acme --without-model",
        "prflow onboard acme --early-numbers",
    )
)
def onboard(
    owner: Annotated[
        str | None,
        typer.Argument(
            metavar="OWNER", help="GitHub organisation or user, as in github.com/OWNER.", show_default=False
        ),
    ] = None,
    repo: Annotated[
        list[str] | None, typer.Option(help="Fetch only this repository; may be repeated.", metavar="NAME")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            help="Fetch up to this timestamp (ISO 8601, UTC without a time zone) instead of now.",
            parser=_parse_timestamp,
            metavar="ISO8601",
            show_default=False,
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the team is complete.")] = False,
    without_model: Annotated[
        bool, typer.Option("--without-model", help="Read by rules alone until there is a key of a model.")
    ] = False,
    early_numbers: Annotated[
        bool,
        typer.Option("--early-numbers", help="Open the dashboard as soon as all is fetched; the reading goes on."),
    ] = False,
) -> None:
    """Fetch, read and measure the pull requests of OWNER.

    If prflow is not running, its services are started for as long as this takes. In the browser, the set-up does the
    same step by step.
    """
    from flows.cli.onboard import onboard as run
    from flows.cli.onboard import refuse_without_owner

    if owner is None:
        refuse_without_owner()
    run(owner, repo, as_of, wait, without_model=without_model, early_numbers=early_numbers)


@app.command(epilog=examples("prflow history acme --months 24", "prflow history acme --wait"))
def history(
    owner: Owner,
    months: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=600,
            metavar="N",
            help="Calendar months before the onboarding; PRFLOW_HISTORY_MONTHS if omitted.",
            show_default=False,
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the import has finished.")] = False,
) -> None:
    """Fetch an older part of OWNER's history in the background. What is stored already is not fetched again."""
    from flows.cli.history import history as run

    run(owner, months, wait)


@app.command(epilog=examples("prflow status", "prflow status acme --json"))
def status(team: TeamArgument = None, as_json: Json = False) -> None:
    """Show a team's progress, with the same numbers as the dashboard."""
    from flows.cli.status import show_status as run

    run(team, as_json)


@app.command(
    epilog=examples(
        "prflow repos acme --search web",
        "prflow repos acme --follow web --follow api",
        "prflow repos acme --all --json",
    )
)
def repos(
    owner: Owner,
    search: Annotated[str, typer.Option(help="List only names that contain this text.", show_default=False)] = "",
    follow: Annotated[
        list[str] | None, typer.Option(help="Follow this repository from now on; may be repeated.", metavar="NAME")
    ] = None,
    unfollow: Annotated[
        list[str] | None, typer.Option(help="Stop following this repository; may be repeated.", metavar="NAME")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Include archived repositories and forks.")] = False,
    as_json: Json = False,
) -> None:
    """List the repositories of OWNER on GitHub, the last pushed to first, and which are followed; or change that."""
    from flows.cli.repos import Request, show_repositories

    show_repositories(Request(owner, search, follow or (), unfollow or (), all_, as_json))


@app.command(epilog=examples("prflow members acme"))
def members(owner: Owner, as_json: Json = False) -> None:
    """List the members of the organisation OWNER with their roles and teams."""
    from flows.cli.members import show_members

    show_members(owner, as_json)


@app.command(epilog=examples("prflow sync acme/web"))
def sync(
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Repository to fetch.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Fetch what changed in one repository now, and compute the metrics again. It is followed from then on.

    The exit code is 1 if something could not be fetched.
    """
    from flows.cli.sync import show_sync

    show_sync(repository, as_json)


@app.command(epilog=examples("prflow bots", "prflow bots acme --bot acme-ci --human ann"))
def bots(
    team: TeamArgument = None,
    bot: Annotated[
        list[str] | None, typer.Option(help="Count this account as a bot; may be repeated.", metavar="LOGIN")
    ] = None,
    human: Annotated[
        list[str] | None, typer.Option(help="Count this account as a human; may be repeated.", metavar="LOGIN")
    ] = None,
    by_rules: Annotated[
        list[str] | None,
        typer.Option(help="Undo the decision about this account; may be repeated.", metavar="LOGIN"),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the accounts that count as bots, and why. For those that only behave like bots, you decide."""
    from flows.cli.bots import show_bots as run
    from warehouse.accounts import Verdict

    run(team, {Verdict.BOT: bot or [], Verdict.HUMAN: human or [], Verdict.BY_RULES: by_rules or []}, as_json)


@app.command(
    epilog=examples(
        "prflow rules",
        "prflow rules acme --add exclude-label=no-metrics",
        "prflow rules acme --add base=release/* --save",
    )
)
def rules(
    team: TeamArgument = None,
    add: Annotated[
        list[str] | None, typer.Option(help="Show what this rule moves; may be repeated.", metavar="KIND=VALUE")
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(help="Show what removing this rule moves; may be repeated.", metavar="KIND=VALUE"),
    ] = None,
    save: Annotated[bool, typer.Option("--save", help="Keep the change.")] = False,
    as_json: Json = False,
) -> None:
    """List what counts as merged by a bot, as a release, and what is left out; show what a change of it moves."""
    from flows.cli.rules import Request, show_rules

    show_rules(Request(team, add or (), remove or (), save, as_json))


@app.command(
    epilog=examples(
        "prflow team acme",
        "prflow team acme --timezone Europe/Berlin --people on",
        "prflow team acme --working-hours mon-fri 9-17 --holidays holidays.txt",
    )
)
def team(
    owner: TeamArgument = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Weeks begin in this zone: an IANA name.", show_default=False)
    ] = None,
    people: Annotated[
        str | None, typer.Option(metavar="on|off", help="Whether there are numbers per person.", show_default=False)
    ] = None,
    working_hours: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="DAYS HOURS", help="Count durations in these, too: mon-fri 9-17.", show_default=False),
    ] = None,
    holidays: Annotated[
        Path | None, typer.Option(metavar="FILE", help="One date a line, instead of those set.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show or change the settings of OWNER: time zone, numbers per person, working hours, holidays."""
    from flows.cli.team import Request, show_team

    show_team(Request(owner, timezone, people, working_hours, holidays, as_json))


@app.command(epilog=examples("prflow ui", "prflow ui --open"))
def ui(
    browse: Annotated[bool, typer.Option("--open", help="Open the pages in a browser.")] = False,
    as_json: Json = False,
) -> None:
    """Print the address of Prefect's pages, and the password that they ask for."""
    from flows.cli.ui import show_ui

    show_ui(browse, as_json)


@app.command(epilog=examples("prflow week", "prflow week acme --week 2026-11-23", "prflow week acme --json"))
def week(
    team: TeamArgument = None,
    week: Annotated[
        str | None,
        typer.Option(
            "--week",
            metavar="DAY",
            help="A day of the week (YYYY-MM-DD); the last complete week if omitted.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say a week of a team in five sentences at most, each with its pull requests.

    What the model worded is compared with the numbers stored now, and left out if it differs. Without a model the
    facts stand as they are counted.
    """
    from flows.cli.week import parse_week, show_week

    show_week(team, parse_week(week) if week else None, as_json)


@app.command(
    epilog=examples("prflow explain acme/web#123", "prflow explain https://github.com/acme/web/pull/123 --json")
)
def explain(
    pull_request: Annotated[
        str,
        typer.Argument(
            metavar="OWNER/NAME#N", help="Pull request, or its address: .../OWNER/NAME/pull/N.", show_default=False
        ),
    ],
    as_json: Json = False,
) -> None:
    """Explain why a pull request is, or is not, on the dashboard, and what to do. Reads the warehouse only.

    The exit code is 0 if it could be explained, whether or not the pull request is shown.
    """
    from flows.cli.explain import show_explanation as run

    run(pull_request, as_json)


@app.command(epilog=examples("prflow doctor"))
def doctor(as_json: Json = False) -> None:
    """Check everything that prflow needs, and say what to do about what is missing.

    The exit code is 1 if something keeps prflow from working.
    """
    from flows.cli.doctor import show_checks as run

    run(as_json)


@app.command(epilog=examples("prflow mcp", "prflow mcp --http 8765"))
def mcp(
    http: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=1,
            max=65_535,
            help="Serve over HTTP on this machine instead of standard input and output.",
        ),
    ] = None,
) -> None:
    """Serve the numbers to a language model (Model Context Protocol), each with n, interval and definition.

    Add it to a client as the command `prflow mcp`. Nothing can be changed through it.
    """
    from flows.cli.mcp import serve as run

    run(http)


@app.command(epilog=examples('prflow sql "FROM repositories"', "prflow sql --csv < question.sql"))
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


@app.command(epilog=examples("prflow backup prflow.zip", "prflow backup folder --force"))
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


@app.command(epilog=examples("prflow restore prflow.zip", "prflow restore folder --replace"))
def restore(
    place: Annotated[
        Path, typer.Argument(metavar="PLACE", help="What `prflow backup` wrote, or a copy of a catalog of an upgrade.")
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Drop the teams that are there, of a newer prflow too.")
    ] = False,
) -> None:
    """Bring a backup into the warehouse of the settings: complete or not at all. prflow must not be running."""
    from flows.cli.data.restore import show_restore as run

    run(place, replace)


@app.command(
    epilog=examples(
        "prflow move --data s3://bucket/prflow",
        "prflow move --catalog 'postgres:host=db user=prflow dbname=lake' --data s3://bucket/prflow",
    )
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


@app.command(epilog=examples("prflow export prflow.duckdb", "prflow export folder --format parquet --force"))
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


@app.command(epilog=examples("prflow report acme --out acme.html", "prflow report acme --weeks 12"))
def report(
    team: Owner,
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=104, help="Weeks up to the time of the numbers.")] = 4,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="File to write; standard output if omitted.")
    ] = None,
) -> None:
    """Write the Overview of a period as one HTML file, which needs no network and no script."""
    from flows.cli.report.write import write_report as run

    run(team, weeks, out)


@app.command(epilog=examples("prflow login", "prflow login --team acme"))
def login(team: TeamOption = None) -> None:
    """Log in to GitHub by entering a code in a browser, as with `gh auth login`, and keep the token."""
    from flows.cli.login import login as run

    run(team)


@app.command(epilog=examples("prflow logout"))
def logout(team: TeamOption = None) -> None:
    """Forget the token of `prflow login`."""
    from flows.cli.login import logout as run

    run(team)


@app.command(
    epilog=examples("prflow analyse acme --dry-run", "prflow analyse acme --limit 100", "prflow analyse acme --replay")
)
def analyse(
    owner: Owner,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Send at most N pull requests to the model.", metavar="N", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Send nothing: show how many are pending, their cost and duration."),
    ] = False,
    replay: Annotated[
        bool, typer.Option("--replay", help="Send nothing: validate stored replies again with the current checks.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read the pending pull requests of OWNER: new, changed, or last read by another model or prompt.

    The exit code is 1 if pull requests are left that should have been read.
    """
    from flows.cli.analyse import Request
    from flows.cli.analyse import analyse as run

    run(Request(owner, limit, dry_run=dry_run, replay=replay, as_json=as_json))


@llm_app.command("check", epilog=examples("prflow llm check"))
def llm_check(as_json: Json = False) -> None:
    """Call the model once, and say what works or what is wrong: key, address, model, format, limits, price.

    The exit code is 1 if the model cannot be used.
    """
    from flows.cli.llm.check import check as run

    run(as_json)


@llm_app.command("agreement", epilog=examples("prflow llm agreement", "prflow llm agreement acme --json"))
def llm_agreement(team: TeamArgument = None, as_json: Json = False) -> None:
    """Say how far the readings may be trusted: what people judged, and how often a second reading differs.

    A twentieth of what the model answered is read a second time, with the fields of the pull request in another order.
    """
    from flows.cli.llm.agreement import show_agreement

    show_agreement(team, as_json)


def main() -> None:
    """Run the command line. Every error ends as one sentence, every signal as one line.

    Only their owner may read the files that prflow writes, Prefect sends no statistics wherever it is imported, and no
    proxy is asked for the servers of this machine.
    """
    os.umask(0o077)
    os.environ.update(without_proxy(os.environ))
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    door.run(app)


if __name__ == "__main__":
    main()
