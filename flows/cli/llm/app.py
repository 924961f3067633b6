"""The commands below `prflow llm`."""

import typer

from flows.cli.parts.arguments import Json, TeamArgument, examples

llm_app = typer.Typer(help="The language model that reads the pull requests.", no_args_is_help=True)


@llm_app.command("check", epilog=examples("prflow llm check"))
def check(as_json: Json = False) -> None:
    """Call the model once, and say what works or what is wrong: key, address, model, format, limits, price.

    The exit code is 1 if the model cannot be used.
    """
    from flows.cli.llm.check import check as run

    run(as_json)


@llm_app.command("agreement", epilog=examples("prflow llm agreement", "prflow llm agreement acme --json"))
def agreement(team: TeamArgument = None, as_json: Json = False) -> None:
    """Show how reliable the readings are: what people judged right, and how often a second reading differs.

    The model reads one pull request in twenty twice, the second time with its fields in another order.
    """
    from flows.cli.llm.agreement import show_agreement

    show_agreement(team, as_json)
