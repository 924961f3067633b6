"""The commands below `prflow metrics`."""

from datetime import date
from typing import Annotated

import typer

from flows.cli.parts.arguments import Json, TeamArgument, examples, parse_week

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
    """Explain a metric: its definition, what counts, its minimum n, a worked example and its SQL."""
    from flows.cli.metrics.words import show_one

    show_one(metric, as_json)


@metrics_app.command(
    epilog=examples(
        "prflow metrics behind cycle_time_p50_hours acme --weeks 4",
        "prflow metrics behind merged_prs --week 2026-W32 --repo acme/web --csv",
    )
)
def behind(
    metric: MetricName,
    team: TeamArgument = None,
    repo: Annotated[str, typer.Option(metavar="OWNER/NAME", help="Only of this repository.", show_default=False)] = "",
    weeks: Annotated[int, typer.Option(min=1, max=104, metavar="N", help="The last N weeks of seven days.")] = 4,
    week: Annotated[
        date | None,
        typer.Option(
            metavar="WEEK",
            parser=parse_week,
            help="One week instead, as 2026-W32 or as any day of it.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV on stdout, and nothing else.")] = False,
) -> None:
    """List exactly the pull requests that a number counts: as many as its n, or as its reviews."""
    from flows.cli.metrics.behind import Request, show_behind

    show_behind(Request(metric, team, repo, weeks, week, as_json, as_csv))


@metrics_app.command(
    epilog=examples(
        "prflow metrics compare first_response_p50_hours acme",
        "prflow metrics compare cycle_time_p50_hours --repo acme/web --weeks 12 --json",
    )
)
def compare(
    metric: MetricName,
    team: TeamArgument = None,
    repo: Annotated[str, typer.Option(metavar="OWNER/NAME", help="Only of this repository.", show_default=False)] = "",
    weeks: Annotated[int, typer.Option(min=1, max=104, metavar="N", help="The last N weeks of seven days.")] = 4,
    as_json: Json = False,
) -> None:
    """Compute a metric as prflow, DevLake, Middleware, LinearB, Graphite and issue-metrics define it.

    Each definition is applied to the same pull requests; those that make a difference are listed with the reason.
    """
    from flows.cli.metrics.compare import Request, show_comparison

    show_comparison(Request(metric, team, repo, weeks, as_json))


@metrics_app.command(
    "as-of",
    epilog=examples(
        "prflow metrics as-of 2026-08-15 --week 2026-W32",
        "prflow metrics as-of 2026-08-15 acme --week 2026-W32 --metric first_review_p50_hours --json",
    ),
)
def as_of(
    day: Annotated[str, typer.Argument(metavar="DAY", help="Day of the report, as 2026-08-15.", show_default=False)],
    team: TeamArgument = None,
    week: Annotated[
        date | None,
        typer.Option(
            metavar="WEEK",
            parser=parse_week,
            help="Week, as 2026-W32 or as any day of it; the last that was over then if omitted.",
        ),
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Only this metric.", metavar="METRIC")] = None,
    repo: Annotated[str | None, typer.Option(help="Only this repository.", metavar="NAME")] = None,
    as_json: Json = False,
) -> None:
    """Show a week's numbers as they were on a day and as they are now, and which pull requests made the difference."""
    from flows.cli.metrics.as_of import Request, show_as_of

    show_as_of(Request(day, team, week, metric, repo, as_json))
