"""The commands below `prflow jira`."""

import typer

from flows.cli.parts.arguments import Json, examples

jira_app = typer.Typer(help="Jira: prflow reads the issues that pull requests name.", no_args_is_help=True)


@jira_app.callback()
def jira() -> None:
    """Jira: prflow reads the issues that pull requests name."""


@jira_app.command("check", epilog=examples("prflow jira check", "prflow jira check --json"))
def check(as_json: Json = False) -> None:
    """Ask Jira who the token's owner is and which projects it may see; nothing is stored."""
    from flows.cli.jira.check import check as run

    run(as_json)
