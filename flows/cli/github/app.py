"""The commands that ask GitHub: its repositories, its members, and the login."""

from typing import Annotated

import typer

from flows.cli.parts import panels
from flows.cli.parts.arguments import Json, Owner, TeamOption, examples

github_app = typer.Typer()


@github_app.command(
    rich_help_panel=panels.EVERY_DAY,
    epilog=examples(
        "prflow repos acme --search web",
        "prflow repos acme --follow web --follow api",
        "prflow repos acme --all --json",
    ),
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


@github_app.command(rich_help_panel=panels.EVERY_DAY, epilog=examples("prflow members acme"))
def members(owner: Owner, as_json: Json = False) -> None:
    """List the members of the organisation OWNER with their roles and teams."""
    from flows.cli.members import show_members

    show_members(owner, as_json)


@github_app.command(rich_help_panel=panels.BEGIN, epilog=examples("prflow login", "prflow login --team acme"))
def login(team: TeamOption = None) -> None:
    """Log in to GitHub by entering a code in a browser, as with `gh auth login`, and keep the token."""
    from flows.cli.login import login as run

    run(team)


@github_app.command(rich_help_panel=panels.BEGIN, epilog=examples("prflow logout"))
def logout(team: TeamOption = None) -> None:
    """Forget the token of `prflow login`."""
    from flows.cli.login import logout as run

    run(team)
