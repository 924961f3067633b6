"""Ten weekly metrics of the team and of each repository, written by hand in DuckDB's SQL and in pandas.

Both know what the drawing is: drafts leave draft once, no pull request is left out, bots are of type Bot. prflow
computes the same ten among all others and assumes none of it.
"""

from pathlib import Path

import duckdb
import pandas as pd  # type: ignore[import-untyped]
import polars as pl

from benchmarks.metrics.drawing import AS_OF, TEN

KEY = ["scope_id", "week_start", "metric"]
HOUR = pd.Timedelta(hours=1)
ZONE = "Europe/Berlin"


def compute_in_duckdb(folder: Path) -> pl.DataFrame:
    """Return `scope_id`, `week_start`, `metric`, `value` of the ten."""
    with duckdb.connect() as connection:
        connection.execute(f"SET TimeZone = '{ZONE}'")
        for name in ("pull_requests", "reviews", "commits", "timeline_events"):
            connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{folder / name}.parquet')")
        return connection.execute(_SQL, {"as_of": AS_OF}).pl().drop_nulls("value").sort(KEY)


def compute_in_pandas(folder: Path) -> pl.DataFrame:
    """Return the same."""
    pulls = pd.read_parquet(
        folder / "pull_requests.parquet",
        columns=["id", "repository_id", "author_id", "author_kind", "created_at", "merged_at"],
    )
    rows = _add_anchors(pulls[pulls.author_kind == "User"], folder)
    hours = rows[["coding", "pickup", "review", "merge", "cycle_time"]].apply(lambda each: each / HOUR)
    rows[hours.columns] = hours
    found = []
    for scope in ("team", "repository_id"):
        rows["scope_id"] = "acme" if scope == "team" else rows["repository_id"]
        found.append(_count(rows[rows.created_at < AS_OF], "created_at", "opened_prs"))
        merged = rows[rows.merged_at < AS_OF].copy()
        found.append(_count(merged, "merged_at", "merged_prs"))
        merged["week_start"] = _week(merged["merged_at"])
        grouped = merged.groupby(["scope_id", "week_start"])
        for name, column, share in _QUANTILES:
            found.append(grouped[column].quantile(share).rename("value").reset_index().assign(metric=name))
        reviewed = grouped["is_reviewed"].mean().rename("value").reset_index()
        found.append(reviewed.assign(metric="reviewed_share"))
    table = pd.concat(found, ignore_index=True).dropna(subset="value")
    made = pl.DataFrame({name: table[name].to_numpy() for name in (*KEY, "value")}, strict=False)
    return made.with_columns(pl.col("week_start").cast(pl.Date), pl.col("value").cast(pl.Float64)).sort(KEY)


def _add_anchors(pulls: pd.DataFrame, folder: Path) -> pd.DataFrame:
    commits = pd.read_parquet(folder / "commits.parquet", columns=["pull_request_id", "authored_at"])
    ready = pd.read_parquet(folder / "timeline_events.parquet", columns=["pull_request_id", "created_at"])
    columns = ["pull_request_id", "author_id", "state", "submitted_at"]
    reviews = pd.read_parquet(folder / "reviews.parquet", columns=columns)
    rows = pulls.set_index("id")
    rows["first_commit_at"] = commits.groupby("pull_request_id")["authored_at"].min()
    left = ready.set_index("pull_request_id")["created_at"].reindex(rows.index)
    is_ready_in_time = left.notna() & ~(left > rows.merged_at)
    rows["ready_at"] = rows.created_at.where(left.isna(), left.where(is_ready_in_time, rows.merged_at))
    about = rows[["author_id", "ready_at", "merged_at"]]
    reviews = reviews.join(about, on="pull_request_id", how="inner", rsuffix="_opener")
    reviews = reviews[(reviews.author_id != reviews.author_id_opener) & ~(reviews.submitted_at > reviews.merged_at)]
    rows["is_reviewed"] = rows.index.isin(reviews.pull_request_id)
    while_ready = reviews[reviews.submitted_at >= reviews.ready_at]
    first = while_ready.groupby("pull_request_id")["submitted_at"].min()
    rows["first_review_at"] = first.reindex(rows.index)
    approvals = while_ready[while_ready.state == "APPROVED"].groupby("pull_request_id")["submitted_at"].min()
    return _add_phases(rows, approvals.reindex(rows.index))


def _add_phases(rows: pd.DataFrame, approved: pd.Series) -> pd.DataFrame:
    start = rows[["first_commit_at", "ready_at"]].min(axis=1)
    ready = rows["ready_at"]
    rows["coding"] = ready - start
    rows["pickup"] = rows["first_review_at"] - ready
    rows["review"] = approved.fillna(rows["merged_at"]) - rows["first_review_at"]
    rows["merge"] = rows["merged_at"] - approved
    rows["cycle_time"] = rows["merged_at"] - start
    return rows


def _week(times: pd.Series) -> pd.Series:
    local = times.dt.tz_convert(ZONE).dt.tz_localize(None).dt.normalize()
    return local - pd.to_timedelta(local.dt.weekday, unit="D")


def _count(rows: pd.DataFrame, at: str, metric: str) -> pd.DataFrame:
    counted = rows.assign(week_start=_week(rows[at])).groupby(["scope_id", "week_start"]).size()
    return counted.rename("value").reset_index().assign(metric=metric)


_QUANTILES = (
    ("cycle_time_p50_hours", "cycle_time", 0.5),
    ("cycle_time_p75_hours", "cycle_time", 0.75),
    ("cycle_time_p90_hours", "cycle_time", 0.9),
    ("coding_p50_hours", "coding", 0.5),
    ("pickup_p50_hours", "pickup", 0.5),
    ("review_p50_hours", "review", 0.5),
    ("merge_p50_hours", "merge", 0.5),
)
_PHASES = ("coding", "pickup", "review", "merge", "cycle_time")
_AGGREGATES = ", ".join(f"quantile_cont({column}, {share}) AS {name}" for name, column, share in _QUANTILES)
_SQL = f"""
WITH authored AS (SELECT pull_request_id AS id, min(authored_at) AS first_commit_at FROM commits GROUP BY ALL),
left_draft AS (SELECT pull_request_id AS id, max(created_at) AS left_at FROM timeline_events GROUP BY ALL),
opened AS (
  SELECT p.id, p.repository_id, p.author_id, p.created_at, p.merged_at, a.first_commit_at,
         CASE WHEN d.left_at IS NULL THEN p.created_at WHEN d.left_at > p.merged_at THEN p.merged_at
              ELSE d.left_at END AS ready_at
  FROM pull_requests p LEFT JOIN authored a USING (id) LEFT JOIN left_draft d USING (id)
  WHERE p.author_kind = 'User'
),
reviewed AS (
  SELECT o.id, min(r.submitted_at) FILTER (r.submitted_at >= o.ready_at) AS first_review_at,
         min(r.submitted_at) FILTER (r.submitted_at >= o.ready_at AND r.state = 'APPROVED') AS approved_at
  FROM reviews r JOIN opened o ON o.id = r.pull_request_id
  WHERE r.author_id <> o.author_id AND (o.merged_at IS NULL OR r.submitted_at <= o.merged_at)
  GROUP BY ALL
),
anchors AS (
  SELECT o.*, r.first_review_at, r.approved_at, r.id IS NOT NULL AS is_reviewed,
         least(o.first_commit_at, o.ready_at) AS start_at
  FROM opened o LEFT JOIN reviewed r USING (id)
),
phases AS (
  SELECT repository_id, created_at, merged_at, is_reviewed,
         epoch_us(ready_at) - epoch_us(start_at) AS coding_us,
         epoch_us(first_review_at) - epoch_us(ready_at) AS pickup_us,
         epoch_us(coalesce(approved_at, merged_at)) - epoch_us(first_review_at) AS review_us,
         epoch_us(merged_at) - epoch_us(approved_at) AS merge_us,
         epoch_us(merged_at) - epoch_us(start_at) AS cycle_time_us
  FROM anchors
),
scoped AS (
  SELECT *, {", ".join(f"{name}_us / 3600000000 AS {name}" for name in _PHASES)},
         unnest(['acme', repository_id]) AS scope_id
  FROM phases
),
opened_weeks AS (
  SELECT scope_id, date_trunc('week', created_at)::DATE AS week_start, count(*)::DOUBLE AS opened_prs
  FROM scoped WHERE created_at < $as_of GROUP BY ALL
),
merged_weeks AS (
  SELECT scope_id, date_trunc('week', merged_at)::DATE AS week_start, count(*)::DOUBLE AS merged_prs, {_AGGREGATES},
         avg(is_reviewed::INTEGER) AS reviewed_share
  FROM scoped WHERE merged_at < $as_of GROUP BY ALL
)
SELECT scope_id, week_start, metric, value FROM (
  UNPIVOT opened_weeks ON opened_prs INTO NAME metric VALUE value
) UNION ALL
SELECT scope_id, week_start, metric, value FROM (
  UNPIVOT merged_weeks ON {", ".join(name for name in TEN if name != "opened_prs")} INTO NAME metric VALUE value
)
"""
