"""Why reviews moved what a pull request counts: one that came late, a dismissed approval, or who counts as a bot."""

from collections.abc import Collection, Iterable
from datetime import datetime

from warehouse.history.basis import BOT, SETTING
from warehouse.history.since import Reason, Review, Row, Setting, Since, Why, name_settings, say

REVIEW_COLUMNS = (
    "first_review_at",
    "approved_at",
    "draft_review_at",
    "reviews_count",
    "approvals_count",
    "review_rounds",
    "review_comments_count",
    "is_reviewed",
)
_APPROVALS = {"approved_at", "approvals_count"}
# What decides a column that reviews move: they are the reason only if that moved, too.
_BEHIND = {
    **{name: (name,) for name in REVIEW_COLUMNS},
    "first_response_at": ("reviews_count",),  # a comment is a response, too
    "first_response_hours": ("reviews_count",),
    "pickup_hours": ("first_review_at",),
    "first_review_hours": ("first_review_at",),
    "unreviewed_hours": ("first_review_at",),
    "review_hours": ("first_review_at", "approved_at"),
    "merge_hours": ("approved_at",),
    "waiting_on_author_hours": ("reviews_count",),
    "waiting_on_review_hours": ("reviews_count",),
    "waiting_on_merge_hours": ("approvals_count",),
    "last_activity_at": ("reviews_count",),
    "idle_hours": ("reviews_count",),
}
# Reviews decide when it became ready, and what is counted from there.
_FROM_READY = ("ready_at", "coding_hours", "cycle_time_hours", "time_to_merge_hours")
WORK = "_work_hours"


def clock_of(name: str) -> str:
    """Return the column of the same hours by the clock."""
    return name.replace(WORK, "_hours")


def explain_by_reviews(then: Row, now: Row, moved: set[str], columns: Collection[str], since: Since) -> Why | None:
    """Explain what reviews decide. A merge that came later moves more than any."""
    decisive = set(_list_decisive(moved & set(columns), moved))
    if not decisive or ("merged_at" in moved and "merged_at" in columns):
        return None
    for explain in (_by_dismissal, _by_more, _by_fewer):
        if found := explain(then, now, decisive, since):
            return found
    return None


def _list_decisive(told: Iterable[str], moved: set[str]) -> Iterable[str]:
    """Yield the columns of reviews that moved and decide any of these."""
    for name in map(clock_of, told):
        behind = _BEHIND.get(name, ())
        if name in _FROM_READY and "ready_at" in moved:
            behind = ("first_review_at",)
        yield from moved.intersection(behind)


def _by_dismissal(then: Row, now: Row, decisive: set[str], since: Since) -> Why | None:
    dismissed = [one for one in since.reviews if one.is_dismissed]
    if not dismissed or not decisive & _APPROVALS or not _lost_approval(then, now):
        return None
    gone = next((one for one in dismissed if one.submitted_at == then.get("approved_at")), None)
    if gone is None and _change(then, now, "reviews_count") < 0:
        return None  # a dismissed review is still a review: others went
    gone = gone or dismissed[-1]
    return Reason.DISMISSED, f"the approval by {gone.login} of {gone.submitted_at:%Y-%m-%d} was dismissed"


def _lost_approval(then: Row, now: Row) -> bool:
    before, after = then.get("approved_at"), now.get("approved_at")
    is_later = isinstance(before, datetime) and (not isinstance(after, datetime) or after > before)
    return is_later or _change(then, now, "approvals_count") < 0


def _by_more(then: Row, now: Row, decisive: set[str], since: Since) -> Why | None:
    """Explain a review that was not known, or not counted, then."""
    gained = {name for name in decisive if _change(then, now, name) > 0}
    late = [one for one in since.reviews if one.submitted_at > since.said_at]
    times = {now[name] for name in gained}
    found = [one for one in late if one.submitted_at in times]
    if not found and any(not isinstance(now[name], datetime) for name in gained):
        found = late
    if found:
        return Reason.LATE_REVIEW, _name(min(found, key=lambda one: one.submitted_at))
    if not gained:
        return None
    told = next(name for name in REVIEW_COLUMNS if name in gained)
    if decisions := _list_decisions(then, since, is_bot=False):
        return Reason.SETTING, f"{say(told, then, now)}: {name_settings(decisions)}"
    is_of_drafts = then.get("ready_at") != now.get("ready_at") and _change(then, now, "reviews_count") <= 0
    if not since.is_fetched or is_of_drafts:
        return None
    return Reason.LATE_REVIEW, f"a review was fetched later: {say(told, then, now)}"


def _by_fewer(then: Row, now: Row, decisive: set[str], since: Since) -> Why | None:
    """Explain a review that does not count any more."""
    told = next((name for name in REVIEW_COLUMNS if name in decisive and _change(then, now, name) < 0), None)
    decisions = _list_decisions(then, since, is_bot=True)
    return (Reason.SETTING, f"{say(told, then, now)}: {name_settings(decisions)}") if told and decisions else None


def _list_decisions(then: Row, since: Since, *, is_bot: bool) -> list[Setting]:
    """Return the decisions by which a reviewer became a bot, or a human."""
    found = []
    for one in since.list_changed(SETTING, BOT):
        account_id, _, words = one.value.partition(" ")
        is_reviewer = account_id != then.get("author_id") and (since.reviewers is None or account_id in since.reviewers)
        if is_reviewer and ("a bot" in words) ^ one.is_over == is_bot:
            found.append(one)
    return [one for one in found if not one.is_over] or found


def _change(then: Row, now: Row, name: str) -> int:
    """Return 1 if there is more of it now: a higher count, or an earlier time; -1 if there is less; 0 if unknown."""
    before, after = then.get(name), now.get(name)
    if isinstance(before, datetime) or isinstance(after, datetime):
        if not isinstance(before, datetime) or not isinstance(after, datetime):
            return -1 if before is not None else 1
        return (after < before) - (after > before)
    if name.endswith("s_count") and (before is None or after is None):
        return 0  # kept by an earlier version, which did not count them
    numbers = [float(value) if isinstance(value, int | float) else 0.0 for value in (before, after)]
    return (numbers[1] > numbers[0]) - (numbers[1] < numbers[0])


def _name(review: Review) -> str:
    return f"reviewed by {review.login} on {review.submitted_at:%Y-%m-%d %H:%M} UTC"
