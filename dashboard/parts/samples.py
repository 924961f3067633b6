"""The rows that a metric of a page is computed over: pull requests or reviews that the filters keep."""

from dataclasses import replace

import polars as pl

from dashboard.shell.context import Context
from dashboard.shell.filters import select
from warehouse.metrics.facts import KEY
from warehouse.metrics.members import of_members
from warehouse.metrics.metric import Metric
from warehouse.reads.reviews import read_submitted_reviews


def rows_of(page: Context, metric: Metric) -> pl.DataFrame:
    """Return the rows for `select_pull_requests`, of all times.

    A metric that counts what bots opened has them whatever the filter says: by default it would be another metric.
    """
    rows = _rows_of(page, metric)
    if not page.github_team_id:
        return rows
    members = page.reader.memberships().filter(pl.col("organisation_team_id") == page.github_team_id)
    return of_members(rows, members, metric)


def _rows_of(page: Context, metric: Metric) -> pl.DataFrame:
    prs = page.prs
    if metric.include_bots and not page.filters.include_bots:
        prs = select(page.reader.pull_request_metrics(), replace(page.filters, include_bots=True))
    if metric.source != "reviews":
        return prs
    return page.reader.read(read_submitted_reviews).join(prs.select(KEY), on=KEY, how="semi")
