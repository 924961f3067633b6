"""The other statistics of every duration: its p75 and p90, and its median in the team's working hours."""

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from warehouse import schema
from warehouse.metrics.metric import Metric, Quantile, median, p75, p90

_OF_HOW_MANY = {"p75": "three out of four", "p90": "nine out of ten"}


def list_percentiles(metrics: Iterable[Metric]) -> tuple[Metric, ...]:
    """Return the p75 and p90 of each median of hours that is not there yet."""
    known = list(metrics)
    names = {metric.name for metric in known}
    found = (_percentile(one, take(str(one.column))) for one in known if _is_duration(one) for take in (p75, p90))
    return tuple(one for one in found if one.name not in names)


def list_in_working_hours(metrics: Iterable[Metric]) -> tuple[Metric, ...]:
    """Return the median in working hours of each duration that is stored in them, too."""
    columns = schema.pull_request_metrics.columns
    return tuple(_in_working_hours(one) for one in metrics if _is_duration(one) and _working(one) in columns)


def _is_duration(metric: Metric) -> bool:
    return metric.unit == "hours" and metric.statistic == "median"


def _percentile(metric: Metric, quantile: Quantile) -> Metric:
    """Say the same of the percentile: the definition names the median where it does."""
    name = quantile["statistic"]
    return replace(
        metric,
        name=metric.name.replace("_p50_", f"_{name}_"),
        title=f"{metric.title}, {name}",
        question=f"{metric.question[:-1]}, for {_OF_HOW_MANY[name]}?",
        definition=metric.definition.replace(
            ": the median", f": the {name}, which {_OF_HOW_MANY[name]} do not exceed", 1
        ),
        **quantile,
    )


def _in_working_hours(metric: Metric) -> Metric:
    column = _working(metric)
    return replace(
        metric,
        name=metric.name.replace("_p50_", "_work_p50_"),
        title=f"{metric.title}, working hours",
        question=f"{metric.question[:-1]}, in working hours?",
        definition=f"{metric.definition} In the team's working hours: nights, weekends and holidays do not count.",
        exclusions=f"{metric.exclusions}. Teams that did not set their working hours",
        source_fields=(*metric.source_fields, "team_settings.value"),
        counts=pl.col(column).is_not_null(),
        **median(column),
    )


def _working(metric: Metric) -> str:
    return str(metric.column).replace("_hours", "_work_hours")
