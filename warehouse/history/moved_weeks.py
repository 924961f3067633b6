"""Which complete weeks say something else now than when they were complete first."""

import polars as pl

from warehouse.connection import Warehouse

MAX_WEEKS = 12


def read_moved_weeks(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per metric of the organisation that moved, in the last 12 weeks, the newest week first.

    `week_start`, `metric`, `value` and `n` as they were said first of the complete week, `said_until`, and `value_now`
    and `n_now`. Weeks that lacked data are left out: they were said to be partial.
    """
    return warehouse.read(_MOVED, [team_id, team_id, MAX_WEEKS])


_MOVED = """
WITH first_said AS (
  SELECT week_start, metric, value, n, said_until FROM weekly_metrics_history
  WHERE team_id = ? AND scope = 'team' AND is_complete AND NOT is_partial AND n > 0
  QUALIFY row_number() OVER (PARTITION BY week_start, metric ORDER BY said_until) = 1
), said_now AS (
  SELECT week_start, metric, value AS value_now, n AS n_now FROM weekly_metrics WHERE team_id = ? AND scope = 'team'
)
SELECT week_start, metric, value, n, said_until, value_now, n_now
FROM first_said JOIN said_now USING (week_start, metric)
WHERE (value IS DISTINCT FROM value_now OR n <> n_now)
  AND week_start >= (SELECT max(week_start) FROM said_now) - to_days(7 * ?::INTEGER)
ORDER BY week_start DESC, metric
"""
