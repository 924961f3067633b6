"""The percentiles of each duration, and its median in the team's working hours."""

from tests.warehouse.metrics.weekly import check
from warehouse.metrics.registry import BY_NAME, GROUPS, METRICS

WORKS = "name | value\nworking-hours | mon-fri 9-17\nholiday | 2026-08-05"


def test_every_duration_has_its_median_p75_and_p90() -> None:
    medians = [one for one in (*GROUPS["Delivery"], *GROUPS["Review"]) if one.unit == "hours" and "_p50_" in one.name]
    assert len(medians) == 13
    for one in medians:
        for percentile, least in (("p75", 20), ("p90", 40)):
            found = BY_NAME[one.name.replace("p50", percentile)]
            assert (found.min_n, found.statistic, found.column) == (least, percentile, one.column)
            assert (found.placed_by, found.unit) == (one.placed_by, "hours")
            assert "the median" not in found.definition


def test_a_p75_of_pickup_is_between_the_two_nearest() -> None:
    check(
        "pickup_p75_hours",
        pull_requests="""
            pr | opened    | merged
            1  | Mon 00:00 | Tue 00:00
            2  | Mon 00:00 | Tue 00:00
            3  | Mon 00:00 | Tue 00:00
        """,
        reviews="pr | at\n1 | Mon 02:00\n2 | Mon 04:00\n3 | Mon 12:00",
        expected="week | value | n\nMon | 8 | 3\nMon2 | - | 0\nMon3 | - | 0",
    )


def test_a_pickup_over_a_weekend_and_one_over_a_holiday_have_few_working_hours() -> None:
    pulled = {
        "pull_requests": """
            pr | opened    | merged
            1  | Fri 16:00 | Tue2 00:00
            2  | Tue 16:00 | Fri 00:00
        """,
        "reviews": "pr | at\n1 | Mon2 10:00\n2 | Thu 11:30",
    }
    check(
        "pickup_work_p50_hours",
        **pulled,
        team_settings=WORKS,
        expected="week | value | n\nMon | 3.5 | 1\nMon2 | 2 | 1\nMon3 | - | 0",
    )
    # A team that set none has none, and those by the clock as before.
    check("pickup_work_p50_hours", **pulled, expected="week | value | n\nMon | - | 0\nMon2 | - | 0\nMon3 | - | 0")
    check("pickup_p50_hours", **pulled, expected="week | value | n\nMon | 43.5 | 1\nMon2 | 66 | 1\nMon3 | - | 0")


def test_each_stored_duration_in_working_hours_is_a_metric() -> None:
    columns = [one.column for one in METRICS if one.column and one.column.endswith("_work_hours")]
    assert len(columns) == len(set(columns)) == 9
