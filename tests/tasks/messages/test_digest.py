"""The digest says what changed and how surely, what waits, and whose turn it is, whatever people write into titles."""

from datetime import UTC, datetime, timedelta

import pytest

from tasks.messages.digest import METRICS, write_digest
from tasks.messages.letter import render_html, render_text
from tasks.messages.settings import MessageSettings
from tests.warehouse.events.rows import put, put_repositories, put_run, put_team
from warehouse.connection import Warehouse
from warehouse.decisions.dismissals import dismiss_insight
from warehouse.errors import UnknownTeam
from warehouse.metrics.weeks import last_week

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)  # a Monday
WEEK, DAY = "2026-11-23", timedelta(days=1)
HOSTILE = '<img src=x onerror=alert(1)>\u202e http://evil.example "q" & \x1b[31m'


def merged_one(id_: str, days_ago: float, hours: float) -> dict[str, object]:
    """Return the numbers of a pull request that was merged then."""
    merged = NOW - days_ago * DAY
    return {
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


def put_history(warehouse: Warehouse, name: str, history_from: datetime | None) -> None:
    row = {"id": f"R_{name}", "team_id": "acme", "is_followed": True, "history_from": history_from}
    put(warehouse, "repositories", row)


def put_weeks(warehouse: Warehouse, *weeks_ago: int, **facts: object) -> None:
    """Put rows of all metrics of the digest: of these weeks, or of the last nine."""
    row = {"team_id": "acme", "scope": "team", "scope_id": "acme", "is_complete": True, "as_of": NOW}
    starts = [(NOW - timedelta(weeks=ago)).date() for ago in weeks_ago or range(1, 10)]
    rows = [row | {"metric": name, "week_start": start} | facts for start in starts for name in METRICS]
    put(warehouse, "weekly_values", *rows)


def say_changes(warehouse: Warehouse) -> tuple[str, str, str]:
    """Return the sentences about the week, about the cycle time, and about what was merged."""
    lines = render_text(write_digest(warehouse, "acme", WEEK, NOW, MessageSettings())).splitlines()
    starts = ("8 pull requests merged in the week", "- Cycle time", "- PRs merged")
    opening, cycle, merged = (next(line for line in lines if line.startswith(start)) for start in starts)
    return opening, cycle, merged


@pytest.fixture
def acme(warehouse: Warehouse) -> Warehouse:
    """Store a team whose cycle time doubled four weeks ago, with one pull request that waits."""
    put_team(warehouse, web_url="https://github.com", timezone="UTC")
    put_repositories(warehouse, "web")
    put_history(warehouse, "web", NOW - 90 * DAY)
    put_weeks(warehouse, is_partial=False)
    put_run(warehouse, "good", "completed", NOW - timedelta(hours=3))
    before = [merged_one(f"before-{place}", 29 + place * 27 / 30, 10 + place % 3) for place in range(30)]
    now = [merged_one(f"now-{place}", 1 + place * 26 / 30, 20 + place % 5) for place in range(30)]
    put(warehouse, "pull_request_metrics", *before, *now)
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


@pytest.mark.parametrize("weeks_ago", [1, 5, 8])
def test_weeks_that_lack_data_are_compared_with_nothing(acme: Warehouse, weeks_ago: int) -> None:
    put_weeks(acme, weeks_ago, is_partial=True)
    for said in say_changes(acme):
        assert "not to be compared: data of some weeks are missing" in said
        assert "week before" not in said


def test_an_older_week_that_lacks_data_and_a_request_that_lacks_some_hide_no_change(acme: Warehouse) -> None:
    put_weeks(acme, 9, is_partial=True)
    put_weeks(acme, 2, is_partial=True, is_uncovered=False)
    opening, cycle, _ = say_changes(acme)
    assert opening.endswith(" in the week before.")
    assert "+100 %" in cycle


@pytest.mark.parametrize("history_from", [None, NOW - 40 * DAY])
def test_a_repository_whose_history_is_short_or_not_known_is_compared_with_nothing(
    acme: Warehouse, history_from: datetime | None
) -> None:
    put_repositories(acme, "api")
    put_history(acme, "api", history_from)
    assert all("not to be compared: not enough history" in said for said in say_changes(acme))


def test_numbers_that_end_days_before_the_week_does_are_compared_with_nothing(acme: Warehouse) -> None:
    put_weeks(acme, 1, is_partial=False, is_complete=False, as_of=NOW - 2 * DAY)
    assert all("not to be compared: data of some weeks are missing" in said for said in say_changes(acme))
    put_weeks(acme, 1, is_partial=False, is_complete=False, as_of=NOW - DAY / 2)
    assert "+100 %" in say_changes(acme)[1]


def test_what_lacks_data_is_left_out_of_a_change_and_much_of_it_ends_the_comparison(acme: Warehouse) -> None:
    lacking = {"is_complete": False}
    put(acme, "pull_request_metrics", merged_one("now-0", 1, 4000) | lacking)
    _, cycle, merged = say_changes(acme)
    assert "+100 % (95 %: +" in cycle
    put(acme, "pull_request_metrics", *({"pull_request_id": f"now-{place}"} | lacking for place in (1, 2)))
    _, cycle, again = say_changes(acme)
    assert "not to be compared: too many lack data" in cycle
    assert merged == again
    assert "not to be compared" not in merged


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
