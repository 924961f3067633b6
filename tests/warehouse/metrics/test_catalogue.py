"""The registry says of every metric what its readers need."""

import re

import pytest

from warehouse import schema
from warehouse.metrics import catalogue
from warehouse.metrics.metric import Metric
from warehouse.metrics.registry import BY_NAME, METRICS, metrics_with

PLACED_BY_ANOTHER_SOURCE = {"submitted_at", "week_end"}


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(metrics_with(has_issues=True))


@pytest.mark.parametrize("metric", metrics_with(has_issues=True), ids=lambda metric: metric.name)
def test_a_metric_says_all_that_its_readers_need(metric: Metric) -> None:
    for words in (metric.title, metric.question, metric.definition, metric.exclusions, metric.statistic):
        assert words.strip()
    assert metric.question.endswith("?")
    assert metric.definition.endswith(".")
    assert not metric.exclusions.endswith(".")
    assert (metric.denominator is None) == (metric.numerator is None)
    assert (metric.column is not None) == (metric.statistic in {"median", "p75", "p90"})
    if metric.statistic == "share":
        assert metric.name.endswith("_share")
    if metric.unit in ("hours", "lines"):
        assert re.fullmatch(rf"[a-z_]+_p(50|75|90)_{metric.unit}", metric.name)


@pytest.mark.parametrize("metric", metrics_with(has_issues=True), ids=lambda metric: metric.name)
def test_its_sources_and_its_timestamp_are_columns_of_the_warehouse(metric: Metric) -> None:
    for field in metric.source_fields:
        table, column = field.split(".")
        assert column in schema.metadata.tables[table].columns, field
    if metric.placed_by not in PLACED_BY_ANOTHER_SOURCE:
        assert metric.placed_by in schema.pull_request_metrics.columns


def test_the_catalogue_has_a_row_for_each_and_the_columns_of_its_table() -> None:
    rows = catalogue.compute_catalogue()
    assert rows["metric"].to_list() == [metric.name for metric in METRICS]
    assert dict(rows.schema) == schema.polars_schema(schema.metric_catalogue)
    assert rows.drop("source_fields").null_count().sum_horizontal().item() == 0


def test_the_page_has_a_section_for_each() -> None:
    page = catalogue.render()
    for metric in METRICS:
        assert f"### `{metric.name}`: {metric.title}\n" in page
        assert metric.definition in page
    assert page.endswith("\n")
    assert "\n\n\n" not in page
