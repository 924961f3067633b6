"""The command `prflow`.

Everything heavy is imported inside the commands, so that help and status are quick. Answers go to stdout,
errors to stderr as one sentence and the way out; exit code 0 is given only for what was done.
"""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(
    help="Pull-request analytics: GitHub, a language model, weekly metrics, one dashboard.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
OUR_PACKAGES = ("flows.", "tasks.", "warehouse.", "dashboard.")


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
    from flows.commands import demo as run

    run(is_exit)


@app.command()
def up(
    owner: Annotated[str | None, typer.Argument(help="Onboard this GitHub owner at once.", show_default=False)] = None,
) -> None:
    """Start everything and keep it running: Prefect's server, a worker, the dashboard. Ctrl-C ends it."""
    from flows.commands import up as run

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
    from flows.commands import onboard as run

    run(owner, repo, as_of, wait)


@app.command()
def status(
    team: Annotated[str | None, typer.Argument(help="Owner; the one that ran last if left out.")] = None,
    is_json: Json = False,
) -> None:
    """How far a team is: the same numbers as on the dashboard."""
    from flows.status import show_status as run

    run(team, is_json)


@app.command()
def bots(
    team: Annotated[str | None, typer.Argument(help="Owner; the one that ran last if left out.")] = None,
    bot: Annotated[list[str] | None, typer.Option(help="Count this account as a bot; may be repeated.")] = None,
    human: Annotated[list[str] | None, typer.Option(help="Count this account as a human; may be repeated.")] = None,
    by_rules: Annotated[list[str] | None, typer.Option(help="Take back what was decided of this account.")] = None,
    is_json: Json = False,
) -> None:
    """Which accounts count as bots and why; those that only behave like one are proposed, and you decide."""
    from flows.bots import show_bots as run
    from warehouse.accounts import Verdict

    run(team, {Verdict.BOT: bot or [], Verdict.HUMAN: human or [], Verdict.BY_RULES: by_rules or []}, is_json)


@app.command()
def doctor(is_json: Json = False) -> None:
    """Check what prflow needs, and say what to do about what is missing."""
    from flows.doctor import show_checks as run

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
    return type(error).__module__.startswith(OUR_PACKAGES) or type(error).__name__ == "ValidationError"


def _explain(error: Exception) -> None:
    console = Console(stderr=True, soft_wrap=True)
    if tail := getattr(error, "tail", ""):
        console.print(tail, style="dim", markup=False, highlight=False)
    console.print(str(error), style="red", markup=False, highlight=False)
    if hint := getattr(error, "hint", None):
        console.print(hint, markup=False, highlight=False)


if __name__ == "__main__":
    main()
