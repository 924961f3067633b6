"""How the teams stand, in the text format of Prometheus. Everything is read at each scrape; nothing is counted here."""

from collections.abc import Callable
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from warehouse.connection import Warehouse
from warehouse.events.health import TeamHealth, count_unsent, read_health

NAMESPACE = "prflow"
TEAM_GAUGES: dict[str, tuple[str, Callable[[TeamHealth], int]]] = {
    "pull_requests": ("Pull requests that are stored", lambda team: team.pull_requests),
    "left_to_read": ("Pull requests that the last run left for the model", lambda team: team.left_to_read),
    "run_active": ("1 while a run works on the team", lambda team: int(team.is_running)),
    "sync_expected": (
        "0 for a team that no night syncs: paused, or imported as of a date",
        lambda t: int(t.is_expected),
    ),
}


def write_metrics(warehouse: Warehouse | None, now: datetime) -> bytes:
    """Return all metrics; without a warehouse only that it cannot be read."""
    registry = CollectorRegistry()
    _gauge(registry, "warehouse_up", "1 if the warehouse can be read").set(warehouse is not None)
    if warehouse is not None:
        _gauge(registry, "messages_waiting", "Messages that wait to be sent").set(count_unsent(warehouse))
        _write_teams(registry, read_health(warehouse), now)
    return generate_latest(registry)


def _write_teams(registry: CollectorRegistry, teams: list[TeamHealth], now: datetime) -> None:
    age = _gauge(registry, "last_good_sync_age_seconds", "Seconds since the team's last good sync", "team")
    at = _gauge(registry, "last_good_sync_timestamp_seconds", "When the team's last good sync ended", "team")
    status = _gauge(registry, "team_status", "1 for the status that the team has", "team", "status")
    for team in teams:
        status.labels(team.team_id, team.status).set(1)
        seconds = team.age_seconds(now)
        if seconds is not None and team.last_good_at is not None:  # no sample says more than 0 before the first sync
            age.labels(team.team_id).set(seconds)
            at.labels(team.team_id).set(team.last_good_at.timestamp())
    for name, (words, read) in TEAM_GAUGES.items():
        gauge = _gauge(registry, f"team_{name}", words, "team")
        for team in teams:
            gauge.labels(team.team_id).set(read(team))


def _gauge(registry: CollectorRegistry, name: str, words: str, *labels: str) -> Gauge:
    return Gauge(name, words, labels, namespace=NAMESPACE, registry=registry)
