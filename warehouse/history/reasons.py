"""Why a pull request counts otherwise than on an earlier day, from its row then and now and what changed since.

Only what decides the metric is a reason for it: a rule, a lane or a review that the metric does not look at is none,
whatever else changed.
"""

from collections.abc import Collection
from datetime import datetime
from fnmatch import fnmatchcase

from warehouse.history.basis import ANCHORS, BOT, DEFINITION, REPOSITORY, SETTING, TIMEZONE
from warehouse.history.by_reviews import REVIEW_COLUMNS, WORK, clock_of, explain_by_reviews
from warehouse.history.since import Reason, Review, Row, Setting, Since, Why, name_settings, say
from warehouse.metrics.life.working_hours import HOLIDAY, WORKING_HOURS
from warehouse.metrics.outcomes.team_rules import AI_RULES, RELEASE, Rule, Told

__all__ = ["REVIEW_COLUMNS", "Reason", "Review", "Row", "Setting", "Since", "Why", "find_reason"]

_LANES = {"is_bot", "author_lane"}
# Read from the text by rules or the model, told by other pull requests, or by Jira and deployments: no fetch of this
# one is needed for them.
_READ = {
    "work_type",
    "investment",
    "ai_level",
    "is_hotfix",
    "is_reverted",
    "is_retouched",
    "model_cost_usd",
    "is_release",
    "issue_key",
    "issue_type",
    "epic_key",
    "has_issue",
    "is_unplanned",
    "issue_started_at",
    "in_production_at",
    "issue_to_merge_hours",
    "issue_to_production_hours",
    "merge_to_production_hours",
    "first_commit_to_production_hours",
    "is_change_failure",
}
_SPAN = ("first_commit_at", "opened_at", "ready_at", "first_review_at", "approved_at", "merged_at")


def find_reason(
    then: Row | None,
    now: Row | None,
    columns: Collection[str],
    since: Since,
    *,
    include_bots: bool = False,
    include_excluded: bool = False,
) -> Why:
    """Return why a pull request counts otherwise in a metric of these columns, and a sentence.

    `then` or `now` is None if there was no such row. If only the zone differs, both rows are the same. The metric
    counts what bots opened if `include_bots`, and what is left out if `include_excluded`.
    """
    if then is None or now is None:
        return _of_existence(now, since)
    moved = {name for name in then if name in now and then[name] != now[name] and name != "as_of"}
    if not include_excluded and (found := _by_exclusion(then, now, since)):
        return found
    if ((not include_bots and "is_bot" in moved) or moved & set(columns) & _LANES) and _LANES & moved:
        return _by_lane(then, now, moved, since)
    for explain in (_by_rule, _by_calendar, explain_by_reviews, _by_computation):
        if found := explain(then, now, moved, columns, since):
            return found
    told = [say(name, then, now) for name in sorted(moved & set(columns))]
    return Reason.NEW_DATA, "; ".join(told[:3]) or "GitHub says otherwise now"


def _of_existence(now: Row | None, since: Since) -> Why:
    changed = [one for one in since.list_changed(SETTING, REPOSITORY) if one.value == since.repository]
    followed = [one for one in changed if one.is_over == (now is None)]
    name = since.repository_name or since.repository
    if now is None:
        if followed:
            return Reason.SETTING, f"{name} is not followed any more"
        return Reason.NEW_DATA, "it is not there any more"
    opened = now.get("opened_at")
    if isinstance(opened, datetime) and opened > since.said_at:
        return Reason.NEW_DATA, "it was opened later"
    if followed:
        return Reason.SETTING, f"{name} is followed since {followed[-1].changed_at:%Y-%m-%d}"
    return Reason.NEW_DATA, "it was not fetched yet"


def _by_exclusion(then: Row, now: Row, since: Since) -> Why | None:
    """Explain why it counts on one day only; another rule that leaves it out is none."""
    before, after = then.get("excluded_by"), now.get("excluded_by")
    if bool(before) == bool(after):
        return None
    words = f"left out by {after}" if after else f"no longer left out by {before}"
    found = [one for one in since.settings if one.kind == SETTING and _leaves_out(one, str(after or before))]
    return (Reason.SETTING, f"{words}: {name_settings(found[-1:])}") if found else (Reason.NEW_DATA, words)


def _leaves_out(one: Setting, told: str) -> bool:
    """Return whether a setting decides on the reason for which a pull request is left out."""
    if told == RELEASE:
        return one.name == Rule.BASE or (one.name, one.value.strip().lower()) == (Rule.OFF, Told.RELEASES)
    name, _, value = told.partition(" ")
    return one.name == f"exclude-{name}" and one.value == value


def _by_lane(then: Row, now: Row, moved: set[str], since: Since) -> Why:
    words = f"opened by {then['author_lane']} then, by {now['author_lane']} now"
    ids = {str(row.get("author_id")) for row in (then, now)}
    if decided := [one for one in since.list_changed(SETTING, BOT) if one.value.split(" ")[0] in ids]:
        return Reason.SETTING, f"{words}: decided on {decided[-1].changed_at:%Y-%m-%d}"
    if "ai_level" in moved and (signs := since.list_changed(SETTING, *AI_RULES)):
        return Reason.SETTING, f"{words}: {name_settings(signs)}"
    return Reason.NEW_DATA, words


def _by_rule(then: Row, now: Row, moved: set[str], columns: Collection[str], since: Since) -> Why | None:
    told = moved & set(columns)
    if "landed_by" in moved and told & {"landed_by", "merged_at"}:
        told.add("landed_by")
    for name in sorted(told):
        if found := [one for one in since.settings if one.kind == SETTING and _decides(one, name, then, now)]:
            return Reason.SETTING, f"{say(name, then, now)}: {name_settings(found)}"
    return None


def _decides(one: Setting, column: str, then: Row, now: Row) -> bool:
    """Return whether a rule decides on a column of this pull request."""
    if column == "landed_by":
        names = [f"landed-{row['landed_by']}" for row in (then, now)]
        return one.name in names or (one.name, one.value.strip().lower()) == (Rule.OFF, Told.LANDED)
    if column == "investment":
        return one.name == Rule.INVESTMENT and one.value.partition(":")[0] == now.get("work_type", one.value)
    if column == "is_unplanned":
        is_same_type = then.get("issue_type") == now.get("issue_type")
        return one.name == Rule.UNPLANNED and is_same_type and _is_like(now.get("issue_type"), one.value)
    return one.name in {"ai_level": AI_RULES, "is_release": {Rule.BASE}}.get(column, frozenset())


def _is_like(text: object, pattern: str) -> bool:
    return text is None or fnmatchcase(str(text).lower(), pattern.strip().lower().replace("[", "[[]"))


def _by_calendar(then: Row, now: Row, moved: set[str], columns: Collection[str], since: Since) -> Why | None:
    """Explain working hours that moved while those of the clock did not."""
    hours = sorted(name for name in moved & set(columns) if name.endswith(WORK) and clock_of(name) not in moved)
    changed = since.list_changed(SETTING, WORKING_HOURS, HOLIDAY, TIMEZONE)
    found = [one for one in changed if one.name != HOLIDAY or _is_within(one.value, now)]
    found = [one for one in found if one.name == HOLIDAY or not one.is_over] or found
    return (Reason.SETTING, f"{say(hours[0], then, now)}: {name_settings(found)}") if hours and found else None


def _is_within(day: str, row: Row) -> bool:
    """Return whether a day is in the life of a pull request, in whatever zone."""
    days = sorted(at.date() for name in _SPAN if isinstance(at := row.get(name), datetime))
    try:
        return not days or -1 <= (datetime.fromisoformat(day).date() - days[0]).days <= (days[-1] - days[0]).days + 1
    except ValueError:
        return False


def _by_computation(then: Row, now: Row, moved: set[str], columns: Collection[str], since: Since) -> Why | None:
    """Explain what moved without a fetch: it was computed otherwise."""
    told = moved & set(columns)
    if not told:
        zone = since.find(SETTING, TIMEZONE)
        return (Reason.SETTING, f"it falls into another week: {zone.words}") if zone else None
    definition = since.find(DEFINITION, ANCHORS)
    if since.is_fetched or told <= _READ or definition is None:
        return None
    return Reason.DEFINITION, f"{say(min(told), then, now)}: computed otherwise since {definition.changed_at:%Y-%m-%d}"
