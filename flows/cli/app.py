"""The command `prflow`.

Everything heavy is imported inside the commands, so that help and status are quick. Results go to stdout; errors go
to stderr as one sentence and what to do about it. Exit codes: 0 only if the work was done, 1 if not, 2 for wrong
usage, 130 after Ctrl-C, 143 after SIGTERM.
"""

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.counting.app import counting_app
from flows.cli.data.app import data_app
from flows.cli.github.app import github_app
from flows.cli.jira.app import jira_app
from flows.cli.keys.app import keys_app
from flows.cli.llm.app import llm_app
from flows.cli.metrics.app import metrics_app
from flows.cli.notify.app import notify_app
from flows.cli.parts import door, panels
from flows.cli.parts.arguments import Json, Owner, TeamArgument, WeekOption, examples, parse_timestamp
from flows.cli.parts.flagged import FlaggedGroup
from flows.cli.teams.app import teams_app
from warehouse.guard.child_environment import without_proxy

app = typer.Typer(
    cls=FlaggedGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def print_version(wanted: bool) -> None:
    """Print the version of prflow and of Python, and exit."""
    if not wanted:
        return
    import platform
    from importlib.metadata import version

    typer.echo(f"prflow {version('prflow')} (Python {platform.python_version()})")
    raise typer.Exit


@app.callback()
def prflow(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", help="Print the version and exit.", is_eager=True, callback=print_version),
    ] = False,
) -> None:
    """Pull-request analytics: GitHub, a language model, weekly metrics, one dashboard."""


app.add_typer(github_app)
app.add_typer(counting_app)
app.add_typer(data_app)
app.add_typer(llm_app, name="llm", rich_help_panel=panels.OPERATE)
app.add_typer(teams_app, name="teams", rich_help_panel=panels.OPERATE)
app.add_typer(notify_app, name="notify", rich_help_panel=panels.OPERATE)
app.add_typer(metrics_app, name="metrics", rich_help_panel=panels.NUMBERS)
app.add_typer(jira_app, name="jira", rich_help_panel=panels.OPERATE)
app.add_typer(keys_app, name="keys", rich_help_panel=panels.OPERATE)


@app.command(rich_help_panel=panels.BEGIN, epilog=examples("prflow demo", "prflow demo --exit", "prflow demo --setup"))
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
            "--pull-requests",
            min=20,
            max=100_000,
            metavar="N",
            help="Number of simulated pull requests, spread over 120 days.",
        ),
    ] = 1_200,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            help="Let the simulated GitHub end at this timestamp (ISO 8601, UTC without a time zone) instead of now: "
            "each demo then has the same rows.",
            parser=parse_timestamp,
            metavar="ISO8601",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run the complete product on a simulated GitHub and a simulated model. Needs no account and no key."""
    from flows.cli.demo import demo as run

    run(exit_when_done, setup, pull_requests, as_of)


@app.command(rich_help_panel=panels.BEGIN, epilog=examples("prflow up", "prflow up acme"))
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
    rich_help_panel=panels.BEGIN,
    epilog=examples(
        "prflow onboard acme",
        "prflow onboard acme --repo web --repo api --wait",
        "prflow onboard acme --as-of 2026-08-22T12:00Z",
        "prflow onboard acme --without-model",
        "prflow onboard acme --early-numbers",
    ),
)
def onboard(
    owner: Annotated[
        str | None,
        typer.Argument(
            metavar="OWNER", help="GitHub organisation or user, as in github.com/OWNER.", show_default=False
        ),
    ] = None,
    repo: Annotated[
        list[str] | None,
        typer.Option(
            help="Fetch only this repository; may be repeated. A new team then follows no others.", metavar="NAME"
        ),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            help="Fetch up to this timestamp (ISO 8601, UTC without a time zone) instead of now.",
            parser=parse_timestamp,
            metavar="ISO8601",
            show_default=False,
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the team is complete.")] = False,
    without_model: Annotated[
        bool, typer.Option("--without-model", help="Classify by rules alone until a model key is set.")
    ] = False,
    early_numbers: Annotated[
        bool,
        typer.Option(
            "--early-numbers", help="Open the dashboard once everything is fetched, while the model still reads."
        ),
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


@app.command(
    rich_help_panel=panels.BEGIN, epilog=examples("prflow history acme --months 24", "prflow history acme --wait")
)
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


@app.command(rich_help_panel=panels.EVERY_DAY, epilog=examples("prflow status", "prflow status acme --json"))
def status(team: TeamArgument = None, as_json: Json = False) -> None:
    """Show a team's progress, with the same numbers as the dashboard."""
    from flows.cli.status import show_status as run

    run(team, as_json)


@app.command(rich_help_panel=panels.EVERY_DAY, epilog=examples("prflow sync acme/web"))
def sync(
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Repository to fetch.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Fetch what changed in one repository now, and compute the metrics again. It is followed from then on.

    The exit code is 1 if something could not be fetched.
    """
    from flows.cli.sync import show_sync

    show_sync(repository, as_json)


@app.command(rich_help_panel=panels.EVERY_DAY, epilog=examples("prflow ui", "prflow ui --open"))
def ui(
    browse: Annotated[bool, typer.Option("--open", help="Open the pages in a browser.")] = False,
    as_json: Json = False,
) -> None:
    """Print the address of Prefect's pages, and the password that they ask for."""
    from flows.cli.ui import show_ui

    show_ui(browse, as_json)


@app.command(
    rich_help_panel=panels.NUMBERS,
    epilog=examples("prflow week", "prflow week acme --week 2026-11-23", "prflow week acme --json"),
)
def week(
    team: TeamArgument = None,
    week: WeekOption = None,
    as_json: Json = False,
) -> None:
    """Sum up a week of a team in at most five sentences, each with its pull requests.

    A sentence of the model is left out if its figures differ from the stored numbers. Without a model, prflow words
    the facts itself.
    """
    from flows.cli.week import show_week

    show_week(team, week, as_json)


@app.command(
    rich_help_panel=panels.EVERY_DAY,
    epilog=examples("prflow explain acme/web#123", "prflow explain https://github.com/acme/web/pull/123 --json"),
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


@app.command(rich_help_panel=panels.EVERY_DAY, epilog=examples("prflow doctor"))
def doctor(as_json: Json = False) -> None:
    """Check everything that prflow needs, and say what to do about what is missing.

    The exit code is 1 if something keeps prflow from working.
    """
    from flows.cli.doctor import show_checks as run

    run(as_json)


@app.command(rich_help_panel=panels.NUMBERS, epilog=examples("prflow mcp", "prflow mcp --http 8765"))
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


@app.command(
    rich_help_panel=panels.NUMBERS,
    epilog=examples("prflow report acme --out acme.html", "prflow report acme --weeks 12"),
)
def report(
    team: Owner,
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=104, help="Number of weeks, up to the last sync.")] = 4,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="File to write; standard output if omitted.")
    ] = None,
) -> None:
    """Write the Overview of a period as one HTML file, which needs no network and no script."""
    from flows.cli.report.write import write_report as run

    run(team, weeks, out)


@app.command(
    rich_help_panel=panels.EVERY_DAY,
    epilog=examples("prflow analyse acme --dry-run", "prflow analyse acme --limit 100", "prflow analyse acme --replay"),
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
