"""The numbers on top of Data health & sync."""

from datetime import UTC, datetime

import polars as pl

from dashboard.pages.data_health.summary import say_expected


def test_what_github_has_beyond_the_history_is_said() -> None:
    coverage = pl.DataFrame(
        {
            "on_github": [1000, 200, None],
            "expected": [700, 241, 0],
            "history_from": [datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 8, 30, tzinfo=UTC), None],
        }
    )
    said = say_expected(coverage, 941)
    assert said == "of 941 found by the scans; 300 older ones, last updated before 30 Aug 2026, are not imported"
    assert say_expected(coverage.with_columns(on_github="expected"), 941) == "of 941 found by the scans"
    unknown = coverage.with_columns(history_from=pl.lit(None, pl.Datetime("us", "UTC")))
    assert say_expected(unknown, 941) == "of 941 found by the scans"
