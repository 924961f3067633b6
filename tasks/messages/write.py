"""Write the letter of a message from what is stored with it."""

from collections.abc import Callable, Mapping
from datetime import datetime

from tasks.messages.digest import write_digest
from tasks.messages.letter import Item, Letter, Section
from tasks.messages.settings import MessageSettings
from warehouse.connection import Warehouse
from warehouse.events.outbox import Message
from warehouse.events.problems import Facts
from warehouse.words import plural

FOOTER = "prflow sends this for {team}. `prflow notify list` shows to whom, `prflow notify remove` ends it."
FLOWS = {
    "onboarding": "the import of the newest pull requests",
    "background": "the import of the older pull requests",
    "refresh": "the refresh",
    "sync": "the sync of one repository",
    "analysis": "the reading of pull requests",
}
TITLES = {
    "failed": "runs failed",
    "repositories": "repositories could not be fetched",
    "quota": "pull requests were left unread",
    "stale": "there was no good sync",
    "token": "a token was about to expire",
}


def write_letter(warehouse: Warehouse, message: Message, now: datetime) -> Letter:
    """Return the letter of a message. What it says of pull requests is read now."""
    settings = MessageSettings()
    team = _login(warehouse, message.team_id)
    if message.kind == "digest":
        return write_digest(warehouse, message.team_id, str(message.facts["week"]), now, settings)
    letter = WRITERS[message.kind](team, message.facts, warehouse)
    link = ("Open the dashboard", settings.dashboard_url) if settings.dashboard_url else None
    return Letter(letter.subject, letter.paragraphs, letter.sections, link, FOOTER.format(team=team))


def _login(warehouse: Warehouse, team_id: str) -> str:
    row = warehouse.read_one("SELECT coalesce(login, team_id) AS login FROM teams WHERE team_id = ?", [team_id])
    return str(row["login"]) if row else team_id


def _welcome(team: str, facts: Facts, warehouse: Warehouse) -> Letter:
    first = "prflow has begun to import the pull requests of {}: the newest days first, then the older history."
    return Letter(
        f"Welcome: prflow imports {team}",
        (
            first.format(team),
            "You will hear from it when the first pages are ready, when the history is complete, when something fails "
            "and when it works again, and every week with what changed.",
        ),
    )


def _onboarded(team: str, facts: Facts, warehouse: Warehouse) -> Letter:
    team_id = str(facts["team"])
    words = f"The newest pull requests of {team} are imported, and the dashboard is open. The older ones follow."
    return Letter(f"{team} is on the dashboard", (words, _stored(warehouse, team_id)), _insights(warehouse, team_id))


def _history(team: str, facts: Facts, warehouse: Warehouse) -> Letter:
    team_id = str(facts["team"])
    words = f"The older pull requests of {team} are imported: what the pages show is complete."
    sections = _insights(warehouse, team_id)
    return Letter(f"The history of {team} is complete", (words, _stored(warehouse, team_id)), sections)


def _stored(warehouse: Warehouse, team_id: str) -> str:
    row = warehouse.read_one(_STORED, {"team": team_id}) or {}
    found = f"{plural(row['pull_requests'], 'pull request')} of {plural(row['repositories'], 'repository')}"
    return (
        f"Stored so far: {found} by {plural(row['authors'], 'author')}, since {row['since']:%-d %B %Y}."
        if row["since"]
        else "No pull requests were found."
    )


def _insights(warehouse: Warehouse, team_id: str) -> tuple[Section, ...]:
    rows = warehouse.read(_INSIGHTS, [team_id]).to_dicts()
    items = tuple(Item(row["title"], row["detail"]) for row in rows)
    return (Section("What was found", items),) if items else ()


def _failed(team: str, facts: Facts, warehouse: Warehouse) -> Letter:
    what = FLOWS.get(str(facts["flow"]), "a run")
    return Letter(
        f"{team}: {what} failed",
        (
            f"{what[:1].upper()}{what[1:]} of {team} failed{_since(facts)}.",
            f"Why: {facts['error']}",
            *([f"What to do: {facts['hint']}"] if facts["hint"] else []),
            "What is stored stays on the dashboard, and the next night tries again. You will hear when it works again, "
            "and in a week if it does not.",
        ),
    )


def _repositories(team: str, facts: Facts, warehouse: Warehouse) -> Letter:
    names, count = list(_strings(facts["failed_repositories"])), int(str(facts["failed_count"]))
    reasons = dict(warehouse.read(_REASONS, [facts["team"], names]).iter_rows())
    items = [Item(name, str(reasons.get(name) or "")) for name in names]
    if count > len(items):
        items.append(Item(f"and {count - len(items):,} more"))
    return Letter(
        f"{team}: {plural(count, 'repository')} could not be fetched completely",
        (
            f"Of {plural(int(str(facts['repositories'])), 'repository')}, {count:,} could not be fetched "
            f"completely{_since(facts)}. The others are up to date.",
            "What to do: see their reasons below and on Data health & sync. The next run tries again.",
        ),
        (Section("Repositories", tuple(items)),),
    )


def _quota(team: str, facts: Facts, warehouse: Warehouse) -> Letter:
    left = int(str(facts["left"]))
    return Letter(
        f"{team}: {plural(left, 'pull request')} left unread",
        (
            f"The model was not asked any more{_since(facts)}: {facts['reason']}",
            f"{plural(left, 'pull request')} of {team} wait to be read. Times and sizes are not affected.",
            "What to do: nothing, if it is a daily quota: the next run continues. Else `prflow llm check` says what is "
            "wrong, and `prflow analyse` continues now.",
        ),
    )


def _stale(team: str, facts: Facts, warehouse: Warehouse) -> Letter:
    return Letter(
        f"{team}: no good sync for {facts['hours']} hours",
        (
            f"The last sync of {team} that did its work ended on {_day(facts['last_good_at'])}. None is under way.",
            "What to do: run `prflow doctor` on the machine of prflow. If nothing runs there, start it with "
            "`prflow up`; with a Prefect server of your own, see that a worker serves the pool prflow.",
        ),
    )


def _token(team: str, facts: Facts, warehouse: Warehouse) -> Letter:
    return Letter(
        f"{team}: a token for GitHub expires on {_day(facts['expires_at'])}",
        (
            f"{str(facts['token'])[:1].upper()}{str(facts['token'])[1:]} expires on {_day(facts['expires_at'])}. Then "
            "nothing new is fetched with it.",
            "What to do: create a new token on GitHub with the same rights, and put it in its place.",
        ),
    )


def _recovered(team: str, facts: Facts, warehouse: Warehouse) -> Letter:
    problems = [dict(one) for one in facts["problems"]]  # type: ignore[attr-defined]
    items = tuple(
        Item(f"{TITLES[one['kind']]} since {_day(one['began_at'])}", str(one.get("error") or "")) for one in problems
    )
    return Letter(f"{team}: it works again", ("This is over:",), (Section("Was wrong", items),))


WRITERS: dict[str, Callable[[str, Facts, Warehouse], Letter]] = {
    "welcome": _welcome,
    "onboarded": _onboarded,
    "history": _history,
    "failed": _failed,
    "repositories": _repositories,
    "quota": _quota,
    "stale": _stale,
    "token": _token,
    "recovered": _recovered,
}
"""What writes each kind of message, the digest aside."""


def _since(facts: Mapping[str, object]) -> str:
    began = facts.get("began_at")
    return f" (since {_day(began)})" if began else ""


def _day(timestamp: object) -> str:
    return f"{datetime.fromisoformat(str(timestamp)):%A %-d %B %Y, %H:%M} UTC"


def _strings(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []


_STORED = """
SELECT count(*) AS pull_requests, count(DISTINCT repository_id) AS repositories,
       count(DISTINCT author_login) AS authors, min(opened_at) AS since
FROM pull_request_metrics WHERE team_id = $team AND NOT is_bot
"""
_INSIGHTS = """
SELECT title, detail FROM insights WHERE team_id = ? AND resolved_at IS NULL ORDER BY rank, id LIMIT 3
"""
_REASONS = """
SELECT full_name, last_sync_error FROM repositories WHERE team_id = ? AND full_name IN (SELECT unnest(?::VARCHAR[]))
"""
