"""Walk from a pull request's repository to the filters of a page, and say at which step it ends."""

import re
from collections.abc import Iterator
from datetime import datetime

from warehouse.connection import Row, Warehouse
from warehouse.metrics.outcomes.wording import describe_exclusion, describe_landing
from warehouse.progress.values import OPEN, STAGES, Status
from warehouse.reads.explanation.facts import Facts, find_team, read_facts
from warehouse.reads.explanation.values import Cause, Explanation, PullRequestReference, Step, StepName, StepState
from warehouse.sources import describe_wait

# What is stored of an error is its text: GitHub's words for a part that the token may not see, or ours for a null.
REFUSAL = re.compile(r"\bnull\b|forbidden|not accessible|SAML|single sign-on", re.IGNORECASE)


def explain_pull_request(
    warehouse: Warehouse, reference: PullRequestReference, team_id: str | None = None
) -> Explanation:
    """Walk the steps for a pull request of `team_id`, or of the team that has its repository.

    UnknownTeam if no team has the repository or the name of its owner.
    """
    facts = read_facts(warehouse, reference, team_id or find_team(warehouse, reference))
    return Explanation(
        reference, facts.team_id, tuple(_walk(facts)), _describe_last_run(facts.run), facts.stored.get("id")
    )


def _walk(facts: Facts) -> Iterator[Step]:
    """Yield every step; after the first that stops, the others are not reached."""
    is_stopped = False
    for name, take in _STEPS.items():
        step = Step(name, StepState.NOT_REACHED) if is_stopped else take(facts)
        is_stopped |= step.state is StepState.STOPPED
        yield step


def _take_followed(facts: Facts) -> Step:
    """Check that the repository is followed; what was fetched of one that no longer is stays."""
    name, repository = facts.reference.full_name, facts.repository
    hint = f"Follow it with `prflow repos {facts.team_id} --follow {facts.reference.name}`, then run {facts.sync}."
    if not repository:
        words = f"{name} is not among the repositories of {facts.team_id}, at least not under this name."
        return Step(StepName.FOLLOWED, StepState.STOPPED, words, f"Check the spelling. {hint}", Cause.NOT_FOLLOWED)
    if repository["is_followed"]:
        return Step(StepName.FOLLOWED, StepState.PASSED, f"{name} is followed.")
    kinds = [word for word in ("archived", "fork") if repository[f"is_{word}"]]
    words = f"{name} is not followed{_in_brackets(kinds)}."
    if facts.stored:
        words = f"{name} is not followed any more: what was fetched stays, and is not updated."
    return Step(StepName.FOLLOWED, _noted_if(facts.stored), words, hint, Cause.NOT_FOLLOWED)


def _take_scanned(facts: Facts) -> Step:
    """Check that a sync has scanned the repository; a later one may have failed."""
    repository = facts.repository
    covered, until = repository["history_from"], repository["watermark_at"]
    is_scanned = repository["last_sync_at"] is not None or facts.is_known
    if repository["sync_status"] == "failed":
        words = f"The last sync of {repository['full_name']} failed: {repository['last_sync_error']}"
        hint = f"See `prflow doctor`; then run {facts.sync}."
        return Step(StepName.SCANNED, _noted_if(is_scanned), words, hint, Cause.SCAN_FAILED)
    if not is_scanned:
        words = f"{repository['full_name']} has not been scanned yet. {_describe_last_run(facts.run)}"
        return Step(StepName.SCANNED, StepState.STOPPED, words, _wait_or_sync(facts), Cause.LEFT_FOR_LATER)
    words = f"Last synced {_time(repository['last_sync_at'])}" if repository["last_sync_at"] else "Listed"
    if covered and until:
        words += f"; covers what was updated from {_time(covered)} to {_time(until)}"
    return Step(StepName.SCANNED, StepState.PASSED, f"{words}.")


def _take_listed(facts: Facts) -> Step:
    """Place a number that no scan has listed: gone, too new, too old, or no pull request."""
    if facts.is_known:
        seen = max((item["updated_at"] for item in facts.items if item["updated_at"]), default=None)
        words = f"A scan has listed it, last updated {_time(seen)}." if seen else "It is in the warehouse."
        return Step(StepName.LISTED, StepState.PASSED, words)
    number, around, team = facts.reference.number, facts.around, facts.team
    if facts.deleted_at:
        words = f"It was in the warehouse until {_time(facts.deleted_at)}; then GitHub no longer returned it."
        return _stop(StepName.LISTED, Cause.GONE, words, "Open it on GitHub: if it is there, run " + facts.sync + ".")
    if around["max_number"] is None or number > around["max_number"]:
        return _explain_new_number(facts)
    start = facts.repository["history_from"]
    if start and around["created_after"] and around["created_after"] >= start:
        words = (
            f"No scan has listed #{number}, although its neighbours are stored: it is an issue, it was deleted, or the "
            "token cannot see it."
        )
        return _stop(StepName.LISTED, Cause.NEVER_LISTED, words, "Open it on GitHub; see `prflow doctor`.")
    words = (
        f"No scan has listed #{number}: it was last updated before the history{_from(start)}, or is no pull request."
    )
    hint = f"Fetch more with `prflow history {team['team_id']} --months N`."
    if team["status"] != Status.COMPLETE:
        hint = f"Older pull requests may still be on their way: see `prflow status {team['team_id']}`. {hint}"
    return _stop(StepName.LISTED, Cause.OUTSIDE_HISTORY, words, hint)


def _explain_new_number(facts: Facts) -> Step:
    """Explain a number above all known ones: opened since the last scan, or not there."""
    number, repository = facts.reference.number, facts.repository
    if repository["sync_status"] == "failed":
        words = f"#{number} may be newer than the last successful scan: the last one failed."
        return _stop(StepName.LISTED, Cause.SCAN_FAILED, words, f"See `prflow doctor`; then run {facts.sync}.")
    if facts.team["is_as_of_fixed"]:
        words = f"Nothing after {_time(facts.team['as_of'])} is fetched: the team was onboarded with --as-of."
        return _stop(StepName.LISTED, Cause.OUTSIDE_HISTORY, words, f"Run `prflow onboard {facts.team_id}`.")
    scanned = repository["watermark_at"] or repository["last_sync_at"]
    words = f"No scan has listed #{number}: it was opened after the last scan{_at(scanned)}, or it does not exist."
    return _stop(StepName.LISTED, Cause.NEVER_LISTED, words, _wait_or_sync(facts))


def _take_fetched(facts: Facts) -> Step:
    """Check that it is stored; if not, say whether a fetch failed, was refused, or is still to come."""
    if facts.stored:
        return Step(StepName.FETCHED, StepState.PASSED, f"Fetched {_time(facts.stored['fetched_at'])}.")
    item = facts.items[0]
    if item["state"] == "pending":
        words = f"It is still to be fetched. {_why_left(facts)}"
        return _stop(StepName.FETCHED, Cause.LEFT_FOR_LATER, words, _wait_or_sync(facts))
    words, cause, hint = _describe_failure(facts, item)
    return _stop(StepName.FETCHED, cause, words, hint)


def _take_current(facts: Facts) -> Step:
    """Compare what is stored with what the scans and GitHub's totals say; it is shown in any case."""
    stored = facts.stored
    shown = f"what is shown was fetched {_time(stored['fetched_at'])}"
    left = [item for item in facts.items if item["state"] != "done"]
    if left and left[0]["state"] == "failed":
        words, _, hint = _describe_failure(facts, left[0])
        words = f"It could not be fetched again: {shown}. {words}"
        return Step(StepName.CURRENT, StepState.NOTED, words, hint, Cause.OUTDATED)
    if left:
        words = f"It is to be fetched again: {shown}. {_why_left(facts)}"
        return Step(StepName.CURRENT, StepState.NOTED, words, _wait_or_sync(facts), Cause.OUTDATED)
    if stored["is_complete"] is False:
        words = f"Incomplete: {stored['partial_reason'] or 'no reason is stored'}."
        hint = f"The next run fetches it again; {facts.sync} does so now."
        return Step(StepName.CURRENT, StepState.NOTED, words, hint, Cause.INCOMPLETE)
    return Step(StepName.CURRENT, StepState.PASSED, "Complete, and as new as the last scan.")


def _take_shown(facts: Facts) -> Step:
    """Check that the pages are open, and that their default filters keep it."""
    status = Status(facts.team["status"] or Status.NOT_STARTED)
    if status not in OPEN:
        stage = STAGES[status].lower()
        words = f"The pages open when the first import has finished ({stage}). {_describe_last_run(facts.run)}"
        hint = f"See `prflow status {facts.team_id}`."
        return _stop(StepName.SHOWN, Cause.LEFT_FOR_LATER, words, hint)
    if hidden := list(_find_hiding_filters(facts)):
        reasons, hints = zip(*hidden, strict=True)
        return _stop(StepName.SHOWN, Cause.HIDDEN, " ".join(reasons), " ".join(hints))
    notes = ["On the page Pull requests, with the default filters."]
    if facts.stored["is_draft"]:
        notes.append("As a draft it is not among the pull requests that wait for a review.")
    if facts.stored["excluded_by"]:
        names = ("excluded_by", "head_ref", "base_ref", "excluded_since")
        notes.append(f"It is left out of the numbers: {describe_exclusion(*(facts.stored[name] for name in names))}.")
    if facts.stored["landed_by"]:
        notes.append(f"It counts as merged when it was closed: {describe_landing(facts.stored['landed_by'])}.")
    if not facts.stored["is_measured"]:
        notes.append("Its metrics follow when the run has computed them.")
    return Step(StepName.SHOWN, StepState.NOTED if len(notes) > 1 else StepState.PASSED, " ".join(notes))


def _find_hiding_filters(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield each default filter that hides it, and how to change that."""
    stored, since = facts.stored, facts.shown_since
    if stored["is_bot"]:
        yield f"Bots are hidden by default, and {stored['author_login']} counts as one.", "Switch on “Include bots”."
    if since and stored["updated_at"] < since:
        yield (
            f"It was last updated {_time(stored['updated_at'])}, before the default period, which begins "
            f"{_time(since)}.",
            "Choose a longer Period.",
        )


_STEPS = {
    StepName.FOLLOWED: _take_followed,
    StepName.SCANNED: _take_scanned,
    StepName.LISTED: _take_listed,
    StepName.FETCHED: _take_fetched,
    StepName.CURRENT: _take_current,
    StepName.SHOWN: _take_shown,
}


# --- words --------------------------------------------------------------------------------------------------


def _describe_last_run(run: Row) -> str:
    """Return the team's last run in a sentence."""
    if not run:
        return "Nothing has run for this team yet."
    if run["state"] != "running":
        ended = f" at {_time(run['ended_at'])}" if run["ended_at"] else ""
        error = f": {run['error']}" if run["error"] else "."
        return f"The last run ({run['flow']}) ended as {run['state']}{ended}{error}"
    limit = describe_wait(run["waiting_for"]) if run["waiting_until"] else ""
    waiting = f", waiting for {limit} until {_time(run['waiting_until'])}" if limit else ""
    return f"A run ({run['flow']}) has been under way since {_time(run['started_at'])}{waiting}."


def _stop(name: StepName, cause: Cause, message: str, hint: str) -> Step:
    return Step(name, StepState.STOPPED, message, hint, cause)


def _noted_if(is_passed: object) -> StepState:
    return StepState.NOTED if is_passed else StepState.STOPPED


def _describe_failure(facts: Facts, item: Row) -> tuple[str, Cause, str]:
    """Return why a fetch failed, as it was stored, with its cause and what to do."""
    error = item["error"] or (
        "it is not in the warehouse any more" if item["state"] == "done" else "no reason is stored"
    )
    again = f"The next run tries again; {facts.sync} does so now."
    if REFUSAL.search(error):
        return f"GitHub refused it: {error}", Cause.REFUSED, f"Give the token access to it (`prflow doctor`). {again}"
    attempts = sum(each["attempts"] or 0 for each in facts.items if each["state"] == "failed")
    times = f" ({attempts} times)" if attempts > 1 else ""
    return f"The fetch failed{times}: {error}", Cause.FETCH_FAILED, again


def _why_left(facts: Facts) -> str:
    """Return why it was not fetched yet: its repository was given up, or what the last run did."""
    repository = facts.repository
    if facts.run.get("state") != "running" and repository["sync_status"] == "failed":
        return f"The sync of {repository['full_name']} was given up: {repository['last_sync_error']}"
    return _describe_last_run(facts.run)


def _wait_or_sync(facts: Facts) -> str:
    """Return what to do about what is still to come."""
    if facts.run.get("state") == "running":
        return f"Wait for the run: `prflow status {facts.team_id}` shows how far it is."
    return f"The next run fetches it; {facts.sync} does so now."


def _in_brackets(words: list[str]) -> str:
    return f" ({', '.join(words)})" if words else ""


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "at an unknown time"


def _at(at: datetime | None) -> str:
    return f" at {_time(at)}" if at else ""


def _from(at: datetime | None) -> str:
    return f", which begins {_time(at)}" if at else ""
