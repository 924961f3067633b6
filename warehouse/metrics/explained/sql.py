"""The SQL of each metric, for whoever asks the warehouse."""

from warehouse.metrics.metric import Metric


def query_of(metric: Metric) -> str:
    """Return the query of the stored values of the team, week by week."""
    return (
        "SELECT week_start, value, n, numerator, denominator, is_partial\n"
        "FROM weekly_metrics\n"
        f"WHERE metric = '{metric.name}' AND scope = 'team'\n"
        "ORDER BY week_start"
    )
