"""A team whose weeks are told in a line each, for the detectors."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.warehouse.metrics.tables import make_facts, moment
from warehouse.insights.evidence import Evidence, gather_evidence
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.facts import Facts
from warehouse.metrics.weekly import compute_weekly_metrics

WEEKS = 8
LONG = 12
AS_OF = moment(f"Wed{WEEKS + 1} 12:00")
"""In the ninth week: eight are over."""
AS_OF_LONG = moment(f"Wed{LONG + 1} 12:00")


@dataclass(frozen=True)
class Habit:
    """So many pull requests of a repository a week, each approved after `pickup` hours and merged an hour later."""

    repository: str
    prs: int
    pickup: int
    later: int
    """Hours of pickup in the last four weeks."""


def make_team(*habits: Habit, history_from: dict[str, str] | None = None, weeks: int = WEEKS) -> Facts:
    """`Facts` of eight weeks or more; pickups vary by an hour or so around what the habit says."""
    prs, reviews, number = [], [], 0
    for week in range(1, weeks + 1):
        for habit in habits:
            for index in range(habit.prs):
                number += 1
                opened = moment(f"Mon{week} 01:00") + timedelta(minutes=7 * index)
                hours = habit.pickup if week <= weeks - 4 else habit.later
                reviewed = opened + timedelta(hours=hours, minutes=10 * (index % 7) - 30)
                prs.append(f"{number} | {habit.repository} | {_text(opened)} | {_text(reviewed + timedelta(hours=1))}")
                reviews.append(f"{number} | APPROVED | {_text(reviewed)}")
    known = {habit.repository: "Mon 00:00" for habit in habits} | (history_from or {})
    end = _text(AS_OF if weeks == WEEKS else AS_OF_LONG)
    repositories = [f"{name} | acme/{name} | {start} | {end}" for name, start in known.items()]
    return make_facts(
        repositories="\n".join(["repo | full_name | from | until", *repositories]),
        pull_requests="\n".join(["pr | repo | opened | merged", *prs]),
        reviews="\n".join(["pr | state | at", *reviews]),
    )


def look(facts: Facts, as_of: datetime = AS_OF) -> Evidence:
    metrics = compute_pull_request_metrics(facts, as_of)
    weekly = compute_weekly_metrics(facts, metrics, as_of)
    return gather_evidence(facts.team_id, facts.timezone, facts.repositories, metrics, weekly, as_of)


def _text(at: datetime) -> str:
    week, days = divmod((at - moment("Mon 00:00")).days, 7)
    return f"{('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[days]}{week + 1} {at:%H:%M}"
