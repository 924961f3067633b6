"""The commands below `prflow metrics`."""

from typing import Annotated

import typer

from flows.cli.parts.arguments import Json, examples

metrics_app = typer.Typer(help="The metrics: what each means, and what is behind its numbers.", no_args_is_help=True)

MetricName = Annotated[
    str, typer.Argument(metavar="METRIC", help="Name, as `prflow metrics list` has it.", show_default=False)
]


@metrics_app.command("list", epilog=examples("prflow metrics list", "prflow metrics list --json"))
def list_(as_json: Json = False) -> None:
    """List all metrics: title, unit, for whom there are values, and the question that each answers."""
    from flows.cli.metrics.words import show_all

    show_all(as_json)


@metrics_app.command(epilog=examples("prflow metrics show cycle_time_p50_hours", "prflow metrics show open_prs --json"))
def show(metric: MetricName, as_json: Json = False) -> None:
    """Explain a metric: definition, what counts, n and the least of it, a worked example, and its SQL."""
    from flows.cli.metrics.words import show_one

    show_one(metric, as_json)
