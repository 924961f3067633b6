"""Only what decides a metric is named as the reason for which a pull request counts otherwise in it."""

from datetime import UTC, datetime, timedelta

import pytest

from warehouse.history.reasons import find_reason
from warehouse.history.since import Reason, Review, Row, Setting, Since


def at(day: int, hour: int = 0) -> datetime:
    """Return a time of November 2026, or of October before for a day below 1."""
    return datetime(2026, 11, 1, hour, tzinfo=UTC) + timedelta(days=day - 1)


SAID, FETCHED, NOT_FETCHED = at(2), at(5), at(0)
MERGED: Row = {
    "author_id": "A",
    "author_lane": "person",
    "is_bot": False,
    "excluded_by": None,
    "opened_at": at(-3),
    "first_commit_at": at(-3),
    "ready_at": at(-3),
    "first_review_at": at(-2),
    "approved_at": at(-2),
    "merged_at": at(-1),
    "closed_at": at(-1),
    "reviews_count": 1,
    "approvals_count": 1,
    "review_rounds": 1,
    "cycle_time_hours": 48.0,
    "cycle_time_work_hours": 10.0,
    "pickup_hours": 24.0,
    "first_response_at": at(-2),
    "first_response_hours": 24.0,
    "issue_to_production_hours": None,
    "issue_type": "Outage",
    "is_unplanned": False,
    "is_reverted": False,
    "is_complete": True,
    "ai_level": "none",
    "landed_by": None,
    "work_type": "docs",
    "investment": "productivity",
}
CYCLE_TIME = {"cycle_time_hours", "first_commit_at", "ready_at", "merged_at"}
LATE = Review("bob", "COMMENTED", at(4, 9))


def setting(name: str, value: str, *, is_over: bool = False, kind: str = "setting") -> Setting:
    return Setting(kind, name, value, is_over, at(3))


AI_BOX, NO_DOCS = setting("ai-box", "used Copilot"), setting("exclude-label", "docs")
HOURS, ZONE = setting("working-hours", "mon-fri 9-17"), setting("timezone", "Asia/Tokyo")
B_IS_A_BOT = setting("bot", "B counts as a bot")


def why(columns: set[str], change: Row, *settings: Setting, fetched_at: datetime = FETCHED, **more: object) -> str:
    """Say why a merged pull request counts otherwise after `change`."""
    flags = {name: bool(more.pop(name)) for name in ("include_bots", "include_excluded") if name in more}
    since = Since(SAID, settings, fetched_at=fetched_at, **more)  # type: ignore[arg-type]
    reason, words = find_reason(MERGED, {**MERGED, **change}, columns, since, **flags)
    return f"{reason}: {words}"


def test_a_revert_is_not_put_down_to_a_review_after_the_merge() -> None:
    said = why({"is_reverted", "merged_at"}, {"is_reverted": True, "reviews_count": 2}, reviews=[LATE])
    assert said == "new data: a later pull request reverted it (no then, yes now)"


def test_what_was_closed_is_not_open_any_more_for_that_and_not_for_a_review() -> None:
    before = {**MERGED, "merged_at": None, "closed_at": None}
    after = {**before, "closed_at": FETCHED, "reviews_count": 2}
    reason, words = find_reason(before, after, {"opened_at", "closed_at"}, Since(SAID, reviews=[LATE]))
    assert (reason, words) == (Reason.NEW_DATA, "it was closed (none then, 2026-11-05 00:00 now)")


def test_a_rule_on_another_column_is_no_reason() -> None:
    older = {"ai_level": "assisted", "first_commit_at": at(-11), "cycle_time_hours": 240.0}
    assert why(CYCLE_TIME, older, AI_BOX).startswith("new data: cycle time hours (48 then, 240 now)")
    assert why({"ai_level", "merged_at"}, older, AI_BOX).endswith("ai-box used Copilot on 2026-11-03")
    landed = {"landed_by": "label", "merged_at": at(3)}
    bors = setting("landed-label", "bors")
    assert why({"merged_at"}, landed, setting("landed-title", "[x]"), bors).startswith("changed setting: landed by")
    assert why({"merged_at"}, landed, setting("landed-title", "[x]"), setting("off", "releases")).startswith("new data")


def test_a_rule_is_named_only_for_what_it_is_about() -> None:
    moved = {"investment": "new"}
    others = (setting("investment", "docs:new"), setting("investment", "chore:improve"))
    assert why({"investment"}, moved, *others).endswith(": investment docs:new on 2026-11-03")
    assert why({"investment"}, moved, others[1]).startswith("new data")
    unplanned = {"is_unplanned": True}
    assert why({"is_unplanned"}, unplanned, setting("unplanned", "out*")).startswith("changed setting")
    assert why({"is_unplanned"}, unplanned, setting("unplanned", "Chore")).startswith("new data")


def test_what_is_left_out_is_no_reason_in_a_metric_that_counts_it() -> None:
    left_out = {"excluded_by": "label docs", "is_complete": False}
    said = why({"is_complete", "opened_at"}, left_out, NO_DOCS, include_bots=True, include_excluded=True)
    assert said == "new data: is complete (yes then, no now)"
    assert why({"opened_at"}, left_out, NO_DOCS).startswith("changed setting: left out by label docs")
    replaced = {**MERGED, "excluded_by": "label a"}, {**MERGED, "excluded_by": "label docs", "is_complete": False}
    assert find_reason(*replaced, {"is_complete"}, Since(SAID, [NO_DOCS]))[0] == Reason.NEW_DATA


def test_a_lane_is_a_reason_only_if_it_decides_whether_it_counts() -> None:
    ghost = {"author_lane": "ghost", "cycle_time_hours": 50.0}
    assert why(CYCLE_TIME, ghost) == "new data: cycle time hours (48 then, 50 now)"
    assert why({"author_id", "author_lane"}, ghost) == "new data: opened by person then, by ghost now"
    bot = {"author_lane": "automation", "is_bot": True, "is_complete": False}
    assert why(CYCLE_TIME, bot) == "new data: opened by person then, by automation now"
    decided = setting("bot", "A counts as a bot")
    assert (
        why(CYCLE_TIME, bot, decided)
        == "changed setting: opened by person then, by automation now: decided on 2026-11-03"
    )
    assert why({"is_complete"}, bot, decided, include_bots=True) == "new data: is complete (yes then, no now)"


@pytest.mark.parametrize("fetched_at", [FETCHED, NOT_FETCHED])
def test_working_hours_move_by_the_settings_of_working_hours(fetched_at: datetime) -> None:
    columns, moved = {"cycle_time_work_hours", "merged_at"}, {"cycle_time_work_hours": 16.0}
    words = "cycle time work hours (10 then, 16 now)"
    expected = f"changed setting: {words}: working-hours mon-fri 9-17 on 2026-11-03"
    assert why(columns, moved, HOURS, NO_DOCS, fetched_at=fetched_at) == expected
    assert why(columns, moved, ZONE, fetched_at=fetched_at).endswith("timezone Asia/Tokyo on 2026-11-03")
    assert why(columns, moved, setting("holiday", "2026-10-30"), fetched_at=fetched_at).startswith("changed setting")
    assert why(columns, moved, setting("holiday", "2026-12-25"), fetched_at=fetched_at) == f"new data: {words}"
    assert why(columns, moved, NO_DOCS, fetched_at=fetched_at) == f"new data: {words}"
    both = moved | {"cycle_time_hours": 72.0, "first_commit_at": at(-4)}
    assert why(columns, both, HOURS).startswith("new data")


def test_a_deployment_is_new_data_whatever_was_set_since() -> None:
    moved = {"issue_to_production_hours": 30.0}
    for others in ((NO_DOCS,), (HOURS, NO_DOCS), (setting("anchors", "version 2", kind="definition"),)):
        said = why({"issue_to_production_hours", "merged_at"}, moved, *others, fetched_at=NOT_FETCHED)
        assert said == "new data: issue to production hours (none then, 30 now)"


def test_a_reviewer_who_was_decided_to_be_a_bot_is_no_late_review() -> None:
    gone = {"first_review_at": None, "reviews_count": 0, "approvals_count": 0, "approved_at": None}
    said = why({"first_review_at"}, gone, B_IS_A_BOT, reviewers={"B"})
    assert said.startswith("changed setting: first review at (2026-10-29 00:00 then, none now): bot B counts as a bot")
    assert why({"first_review_at"}, gone, B_IS_A_BOT).startswith("changed setting"), "nobody knows who reviewed it"
    assert why({"first_review_at"}, gone, B_IS_A_BOT, reviewers={"C"}).startswith("new data: first review at")
    back = setting("bot", "B counts as a bot", is_over=True)
    more = {"reviews_count": 2}
    assert why({"reviews_count"}, more, back, reviewers={"B"}).startswith("changed setting: reviews count (1 then, 2")
    assert why({"reviews_count"}, more, back, reviewers={"B"}, reviews=[LATE]).startswith(
        "late review: reviewed by bob"
    )


def test_a_late_review_is_one_that_came_later_and_decides_the_metric() -> None:
    second = {"reviews_count": 2, "review_rounds": 2}
    assert why({"review_rounds", "merged_at"}, second, reviews=[LATE]).startswith("late review: reviewed by bob")
    assert why({"review_rounds", "merged_at"}, second).startswith(
        "late review: a review was fetched later: review rounds"
    )
    slower = second | {"pickup_hours": 30.0, "ready_at": at(-3, 6)}
    assert why({"pickup_hours", "merged_at"}, slower, reviews=[LATE]).startswith("new data: pickup hours")
    commented = {"first_response_hours": 12.0, "first_response_at": at(-3, 12)}
    assert why({"first_response_hours"}, commented, reviews=[LATE]).startswith("new data: first response hours")
    gone = {"reviews_count": 0, "approvals_count": 0}
    assert why({"reviews_count"}, gone) == "new data: reviews count (1 then, 0 now)"


def test_a_dismissed_approval_takes_no_review_away() -> None:
    dismissed = Review("bob", "DISMISSED", at(-2))
    lost = {"approvals_count": 0, "approved_at": None}
    for columns in ({"approvals_count"}, {"approved_at"}):
        assert why(columns, lost, reviews=[dismissed]).startswith(
            "dismissed approval: the approval by bob of 2026-10-29"
        )
    other = Review("eve", "DISMISSED", at(-3))
    fewer = lost | {"reviews_count": 0}
    assert why({"approvals_count"}, fewer, B_IS_A_BOT, reviews=[other]).startswith("changed setting: approvals count")


@pytest.mark.parametrize("name", ["acme/www", "R1"])
def test_a_renamed_repository_is_not_a_newly_followed_one(name: str) -> None:
    renamed = [setting("repository", "acme/web", is_over=True), setting("repository", "acme/www")]
    later = {**MERGED, "opened_at": at(4)}
    assert find_reason(None, later, {"opened_at"}, Since(SAID, renamed, repository=name))[1] == "it was opened later"


def test_a_repository_is_known_by_its_id() -> None:
    others, own = [setting("repository", "R2")], [setting("repository", "R1")]
    known = {"repository": "R1", "repository_name": "acme/www"}
    assert find_reason(None, MERGED, {"opened_at"}, Since(SAID, others, **known))[1] == "it was not fetched yet"
    assert find_reason(None, MERGED, {"opened_at"}, Since(SAID, own, **known)) == (
        Reason.SETTING,
        "acme/www is followed since 2026-11-03",
    )
    over = [setting("repository", "R1", is_over=True)]
    assert (
        find_reason(MERGED, None, {"opened_at"}, Since(SAID, over, **known))[1] == "acme/www is not followed any more"
    )
