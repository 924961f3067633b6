"""What is stored: incomplete repositories, totals that differ from GitHub's, what could not be read or sent."""

from collections.abc import Iterator

from tasks.checks import Check
from warehouse.connection import Warehouse
from warehouse.flags import is_jira_on
from warehouse.reads.issues import read_jira_errors
from warehouse.reads.messages import read_unsent
from warehouse.totals import find_differences
from warehouse.words import plural

RETRY_HINT = "The next run fetches them again; `prflow sync OWNER/NAME` does so now."
COUNT_HINT = "The next weekly refresh fetches them again; `prflow sync OWNER/NAME` does so now."


def check_repositories(warehouse: Warehouse) -> Check:
    """Name a followed repository that was not fetched completely, and count them."""
    rows = warehouse.read(
        "SELECT full_name, last_sync_error FROM repositories "
        "WHERE is_followed AND sync_status IN ('partial', 'failed') ORDER BY full_name"
    )
    if rows.is_empty():
        return Check("repositories", "ok", "All fetched repositories are complete.")
    first = rows.row(0)
    return Check("repositories", "note", f"{rows.height} incomplete, for example {first[0]}: {first[1]}", RETRY_HINT)


def check_totals(warehouse: Warehouse) -> Check:
    """Compare every stored pull request with GitHub's totals, counted now."""
    count = int(warehouse.read("SELECT count(*) AS n FROM pull_requests")["n"].item())
    if not count:
        return Check("totals", "ok", "No pull requests are stored yet.")
    flagged = warehouse.read(FLAGGED_SQL)
    teams = warehouse.read("SELECT team_id FROM teams ORDER BY team_id")["team_id"]
    differing = [frame for team in teams if not (frame := find_differences(warehouse, team)).is_empty()]
    rows = [row for frame in (flagged, *differing) for row in frame.iter_rows(named=True)]
    if not rows:
        words = "counts of reviews, comments, commits and threads match GitHub's"
        return Check("totals", "ok", f"{count:,} pull requests: {words}.")
    first = f"{rows[0]['full_name']}#{rows[0]['number']} ({rows[0]['reason']})"
    message = f"{len(rows):,} of {count:,} pull requests do not match GitHub's counts, for example {first}."
    return Check("totals", "note", message, COUNT_HINT if differing else RETRY_HINT)


FLAGGED_SQL = """
SELECT r.full_name, p.number, p.partial_reason AS reason
FROM pull_requests p LEFT JOIN repositories r ON r.id = p.repository_id
WHERE NOT p.is_complete ORDER BY r.full_name, p.number
"""


def check_extras(warehouse: Warehouse) -> Iterator[Check]:
    """Name what could not be read besides pull requests, which it never stops: members, releases and deployments."""
    for name, sql in EXTRAS_SQL.items():
        rows = warehouse.read(sql)
        if not rows.is_empty():
            where, why = rows.row(0)
            yield Check(name, "note", f"{rows.height} could not be read, for example {where}: {why}", EXTRAS_HINT)


EXTRAS_HINT = "Pull requests are not affected; the token may lack a permission. The next run tries again."
EXTRAS_SQL = {
    "members": "SELECT login, members_error FROM teams WHERE members_error IS NOT NULL ORDER BY login",
    "deliveries": "SELECT full_name, deliveries_error FROM repositories "
    "WHERE is_followed AND deliveries_error IS NOT NULL ORDER BY full_name",
}


UNSENT_HINT = "The next run tries again; `prflow notify test` tries the channel now."


def check_messages(warehouse: Warehouse) -> Iterator[Check]:
    """Count the messages that could not be sent, with the last reason of each channel."""
    for row in read_unsent(warehouse).to_dicts():
        words = "wait to be sent" if row["state"] == "waiting" else "could not be sent for a week and were given up"
        message = f"{plural(row['count'], 'message')} by {row['channel']} {words}. {row['error'] or ''}".strip()
        yield Check("messages", "note", message, UNSENT_HINT)


def check_issues(warehouse: Warehouse) -> Iterator[Check]:
    """Name the teams whose issues could not be read the last time; nothing while Jira is switched off."""
    for team, error, hint in read_jira_errors(warehouse).iter_rows() if is_jira_on() else ():
        yield Check("jira", "note", f"{team}: not all issues could be read. {error}", hint or "")
