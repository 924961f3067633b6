"""`prflow metrics list` and `show`: the registry of metrics in words, with a worked example of each."""

from rich.table import Column, Table
from rich.text import Text

from flows.cli.parts.terminal import Terminal, print_json
from warehouse.metrics.explained.example import draw_table, make_example, say_result
from warehouse.metrics.formula import formula_of
from warehouse.metrics.metric import Metric
from warehouse.questions.metrics import find_metric
from warehouse.questions.shown import shown_groups, shown_metrics
from warehouse.questions.views import query_of
from warehouse.words import plural

WIDTH_OF_A_PIPE = 200
GRAINS = ("organisation", "repository", "GitHub team")


def show_all(as_json: bool) -> None:
    """List the metrics by subject."""
    if as_json:
        print_json([_summarise(metric) for metric in shown_metrics()])
        return
    console = Terminal()
    if not console.is_terminal:
        console.width = WIDTH_OF_A_PIPE
    for subject, metrics in shown_groups().items():
        table = Table(
            Column(subject, no_wrap=True),
            Column("Title"),
            "Unit",
            "Also for",
            Column("Question", overflow="fold"),
            box=None,
        )
        for metric in metrics:
            people = "people" if metric.has_person_view else ""
            table.add_row(metric.name, metric.title, metric.unit, people, metric.question)
        console.print(table)
        console.print()
    console.print(
        f"{plural(len(shown_metrics()), 'metric')}, each by week for the {', '.join(GRAINS[:-1])} and {GRAINS[-1]}; "
        "for people if the team allows it. `prflow metrics show METRIC` explains one."
    )


def show_one(name: str, as_json: bool) -> None:
    """Explain one metric. Raises UnknownName."""
    metric = find_metric(name)
    if as_json:
        print_json(_explain(metric))
        return
    console = Terminal(soft_wrap=True)
    console.print(Text.assemble((metric.title, "bold"), f"  {metric.name}"))
    console.print(metric.question)
    console.print()
    console.print(metric.definition)
    console.print()
    facts = Table(Column(no_wrap=True, style="dim"), Column(overflow="fold"), box=None, show_header=False)
    for title, words in _facts(metric).items():
        facts.add_row(title, words)
    console.print(facts)
    example = make_example(metric)
    console.print("\nAn example, of the week of Monday 3 August:\n", style="bold")
    console.print(_indent(draw_table(example)))
    console.print(_indent(say_result(metric, example.value)))
    console.print("\nIn SQL, for `prflow sql`:\n", style="bold")
    console.print(_indent(query_of(metric)))


def grains_of(metric: Metric) -> list[str]:
    """Return for whom there are values by week."""
    return [*GRAINS, *(["person"] if metric.has_person_view else [])]


def _facts(metric: Metric) -> dict[str, str]:
    placed = "the end of the week" if metric.source == "open_pull_requests" else metric.placed_by
    least = f"; shown from {metric.min_n} on, below that it is too few" if metric.min_n else ""
    counted = "reviews" if metric.source == "reviews" else "pull requests"
    return {
        "Left out": metric.exclusions,
        "Unit": metric.unit + ("" if metric.better == "neither" else f", {metric.better} is better"),
        "Formula": formula_of(metric),
        "Week": f"that of {placed}, in the team's time zone",
        "n": f"the {counted} that count{least}",
        "Values for": ", ".join(grains_of(metric)),
        "From": ", ".join(metric.source_fields),
    }


def _summarise(metric: Metric) -> dict[str, object]:
    return {
        "metric": metric.name,
        "title": metric.title,
        "unit": metric.unit,
        "better": metric.better,
        "grains": grains_of(metric),
        "question": metric.question,
    }


def _explain(metric: Metric) -> dict[str, object]:
    example = make_example(metric)
    found = example.value
    return _summarise(metric) | {
        "definition": metric.definition,
        "exclusions": metric.exclusions,
        "statistic": metric.statistic,
        "formula": formula_of(metric),
        "source": metric.source,
        "placed_by": metric.placed_by,
        "min_n": metric.min_n,
        "source_fields": list(metric.source_fields),
        "example": {
            "rows": example.rows.to_dicts(),
            "value": found.value,
            "numerator": found.numerator,
            "denominator": found.denominator,
            "n": found.n,
            "is_too_few": found.is_too_few,
        },
        "sql": query_of(metric),
    }


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
