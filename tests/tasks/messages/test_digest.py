"""The digest says what changed and how surely, what waits, and whose turn it is, whatever people write into titles."""

from datetime import UTC, datetime, timedelta

import pytest

from tasks.messages.digest import last_week, write_digest
from tasks.messages.letter import render_html, render_text
from tasks.messages.settings import MessageSettings
from tests.warehouse.events.rows import put, put_repositories, put_run, put_team
from warehouse.connection import Warehouse
from warehouse.decisions.dismissals import dismiss_insight
from warehouse.errors import UnknownTeam

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)  # a Monday
WEEK, DAY = "2026-11-23", timedelta(days=1)
HOSTILE = '<img src=x onerror=alert(1)>\u202e http://evil.example "q" & \x1b[31m'


def put_merged(warehouse: Warehouse, id_: str, days_ago: float, hours: float) -> None:
    merged = NOW - days_ago * DAY
    row = {
        "pull_request_id": id_,
        "team_id": "acme",
        "repository_id": "R_web",
        "number": 1,
        "state": "MERGED",
        "is_bot": False,
        "is_complete": True,
        "opened_at": merged - timedelta(hours=hours),
        "ready_at": merged - timedelta(hours=hours),
        "merged_at": merged,
        "cycle_time_hours": hours,
        "size_lines": 10,
        "is_reviewed": True,
        "first_review_hours": hours / 2,
        "first_review_at": merged,
    }
    put(warehouse, "pull_request_metrics", row)


@pytest.fixture
def acme(warehouse: Warehouse) -> Warehouse:
    """Store a team whose cycle time doubled four weeks ago, with one pull request that waits."""
    put_team(warehouse, web_url="https://github.com", timezone="UTC")
    put_repositories(warehouse, "web")
    put_run(warehouse, "good", "completed", NOW - timedelta(hours=3))
    for place in range(30):
        put_merged(warehouse, f"before-{place}", 29 + place * 27 / 30, 10 + place % 3)
        put_merged(warehouse, f"now-{place}", 1 + place * 26 / 30, 20 + place % 5)
    open_ = {"pull_request_id": "PR_7", "team_id": "acme", "repository_id": "R_web", "number": 7, "state": "OPEN"}
    times = {"ready_at": NOW - 5 * DAY, "opened_at": NOW - 5 * DAY, "last_activity_at": NOW - 5 * DAY}
    put(warehouse, "pull_request_metrics", open_ | times | {"is_draft": False, "is_bot": False, "author_login": "ann"})
    put(
        warehouse,
        "pull_requests",
        {"id": "PR_7", "team_id": "acme", "number": 7, "title": HOSTILE, "requested_reviewers": ["bob"]},
    )
    turn = {"pull_request_id": "PR_7", "team_id": "acme", "place": 1, "turn": "review", "login": "bob"}
    put(warehouse, "turns", turn | {"started_at": NOW - 5 * DAY})
    insight = {"team_id": "acme", "severity": "warning", "rank": 1, "detail": "n = 30", "resolved_at": None}
    put(
        warehouse,
        "insights",
        insight | {"id": "new", "title": f"Slower: {HOSTILE}", "first_seen_at": NOW - 3 * DAY},
        insight | {"id": "old", "title": "An old one.", "first_seen_at": NOW - 30 * DAY},
        insight | {"id": "gone", "title": "Over.", "first_seen_at": NOW - 30 * DAY, "resolved_at": NOW - DAY},
    )
    return warehouse


def test_the_digest_has_changes_with_intervals_news_and_turns(acme: Warehouse) -> None:
    assert last_week("UTC", NOW).isoformat() == WEEK
    text = render_text(write_digest(acme, "acme", WEEK, NOW, MessageSettings()))
    assert "8 pull requests merged in the week of 23 November" in text
    assert "In the 4 weeks to 29 November, against the 4 before" in text
    [cycle] = [line for line in text.splitlines() if "Cycle time" in line or "cycle time" in line]
    assert "+100 % (95 %: +" in cycle
    assert "n = 30" in cycle
    [merged] = [line for line in text.splitlines() if line.startswith("- PRs merged")]
    assert "no change that is more than noise" in merged
    assert "Slower:" in text
    assert "An old one." not in text
    assert text.index("No longer true") < text.index("Over.") < text.index("Waiting, and whose turn it is")
    assert "bob: review it, waits for 5 days" in text
    assert "https://github.com/acme/web/pull/7" in text
    assert "The last good sync" not in text


def test_what_somebody_dismissed_is_no_news_until_its_day(acme: Warehouse) -> None:
    put(acme, "insights", {"id": "new", "team_id": "acme", "detector": "slowed_phase"})
    dismiss_insight(acme, "acme", "new", (NOW + DAY).date(), NOW, None)
    assert "Slower:" not in render_text(write_digest(acme, "acme", WEEK, NOW, MessageSettings()))
    assert "Slower:" in render_text(write_digest(acme, "acme", WEEK, NOW + DAY, MessageSettings()))


def test_what_people_write_works_in_no_part_of_it(acme: Warehouse) -> None:
    letter = write_digest(acme, "acme", WEEK, NOW, MessageSettings())
    html, text = render_html(letter), render_text(letter)
    assert "<img" not in html
    assert "&lt;img src=x" in html
    assert 'href="http://evil' not in html
    assert not any(sign in html + text for sign in ("\u202e", "\x1b"))


def test_a_digest_of_stale_data_says_so_and_one_of_another_team_has_nothing_of_this(acme: Warehouse) -> None:
    late = NOW + 3 * DAY
    assert "The last good sync ended on Monday 30 November" in render_text(
        write_digest(acme, "acme", WEEK, late, MessageSettings())
    )
    put_team(acme, "other", timezone="UTC")
    text = render_text(write_digest(acme, "other", WEEK, NOW, MessageSettings()))
    assert "acme" not in text
    assert "too few pull requests to say" in text
    with pytest.raises(UnknownTeam):
        write_digest(acme, "nobody", WEEK, NOW, MessageSettings())
