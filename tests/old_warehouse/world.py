"""The organisation that a warehouse of an earlier version holds, and what became of it since.

Only what both simulators have is used here, the present one and that of the earlier version: see `make.py`.
"""

from datetime import UTC, datetime, timedelta

from simulators.github.store import records
from simulators.github.store.records import Record
from simulators.github.store.world import Organisation

AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)
TEAM = "acme"
PEOPLE = ("ann", "bob", "cat", "dora", "eve", "fay", "gil", "hal")
"""`dora` will be deleted; `eve` is taken over between the two syncs of the earlier version; `gil` only wrote commits;
`hal` is only assigned."""


def ago(**parts: float) -> str:
    """Return a time before AS_OF as GitHub writes it."""
    return records.iso((AS_OF - timedelta(**parts)).timestamp())


def make_organisation() -> Organisation:
    """Return `acme` as it was at the first sync of the earlier version."""
    owner = records.actor("Organization", 1, "acme", "Acme")
    acme = Organisation(owner, records.actor("User", 2, "viewer"), ago())
    people = [records.actor("User", 10 + place, name, name.title()) for place, name in enumerate(PEOPLE)]
    robot = records.actor("Bot", 50, "renovate")
    for account in (*people, robot, records.actor("Mannequin", 60, "former")):
        acme.add_account(account)
    for account in people[:3]:
        acme.add_member(account)
    acme.add_team(records.team(1, "Core", "core", owner, people[:2]))
    for number, name in enumerate(("one", "two"), 1):
        acme.add_repository(records.repository(owner, number, name, ago(days=300)))
    for number in range(1, 13):
        _open(acme, f"acme/{'one' if number % 2 else 'two'}", number)
    acme.release("acme/one", ago(days=9), "v1", "cat")
    acme.deploy("acme/one", ago(days=8), "production", "renovate", ("SUCCESS", ago(days=8)))
    return acme


def _who(acme: Organisation, login: str) -> Record:
    account = acme.account(login)
    assert account is not None, login
    return account


def _open(acme: Organisation, name: str, number: int) -> None:
    """Open a pull request a few days ago that somebody reviewed, and merge all but the newest two."""
    days, author = 30 - 2 * number, ("ann", "bob", "renovate", "former")[number % 4]
    at, reviewer = ago(days=days), ("cat", "dora", "eve", "fay")[number % 4]
    made = acme.add(name, at, f"Change {number}", author, updatedAt=ago(days=days - 1), **_parts(acme, number, days))
    key = (made["repository"]["databaseId"], made["number"])
    who, then = _who(acme, reviewer), ago(days=days, hours=-3)
    request = {"requestedReviewer": acme.teams[0] if number % 4 == 1 else who}
    comment = records.review_comment(records.node_id("PRRC", *key, 1), who, then, "Why?", "a.py")
    events = [
        records.event("ReviewRequested", records.node_id("RRE", *key, 1), _who(acme, "ann"), at, **request),
        records.event("Labeled", records.node_id("LE", *key, 2), _who(acme, "fay"), at, label=_label()),
    ]
    threads = [records.thread(records.node_id("PRRT", *key, 1), [comment], 3)]
    merged = (
        {} if number > 10 else {"state": "MERGED", "mergedAt": then, "closedAt": then, "mergedBy": _who(acme, "cat")}
    )
    acme.edit(
        name,
        made["number"],
        reviews=[records.review(records.node_id("PRR", *key, 1), who, then, "APPROVED", "Fine")],
        comments=[records.comment(records.node_id("IC", *key, 1), _who(acme, "ann"), then, "Thanks")],
        reviewThreads=threads,
        timelineItems=events,
        **merged,
    )


def _label() -> Record:
    return records.label(1, "bug", "ff0000")


def _parts(acme: Organisation, number: int, days: int) -> Record:
    """Return commits by somebody with an account and by somebody without, files, assignees and review requests."""
    users = (_who(acme, "gil"), None)
    commits = []
    for place, user in enumerate(users):
        git = records.git_actor("G", "g@g.test", ago(days=days, hours=2 - place), user)
        oid = records.fake_oid("old", number, place)
        commits.append(records.pull_request_commit(f"PRC_{number}_{place}", records.commit(oid, "work", git, git)))
    requests = [records.review_request(f"RR_{number}_1", _who(acme, "fay"))]
    requests += [records.review_request(f"RR_{number}_2", acme.teams[0])]
    return {
        "commits": commits,
        "files": [records.changed_file("a.py", 3, 1)],
        "assignees": [_who(acme, "hal"), _who(acme, "bob")] if number % 3 == 0 else [],
        "reviewRequests": requests if number > 10 else [],
        "labels": [_label()],
    }


def take_over(acme: Organisation, login: str, new: str, number: int) -> None:
    """Rename an account, and let somebody else have its login."""
    account = acme._accounts.pop(login)
    account["login"] = new
    acme.add_account(account)
    acme.add_account(records.actor("User", number, login))


def go_on_before_second_sync(acme: Organisation) -> None:
    """Let somebody else become `eve`, and comment: the earlier version has two people under one login from then on."""
    take_over(acme, "eve", "evelyn", 71)
    acme.comment("acme/one", 1, "eve", ago(hours=20), "I am the new eve")


def go_on_since(acme: Organisation) -> None:
    """Rename, delete and take over accounts after the last sync of the earlier version."""
    take_over(acme, "bob", "robert", 72)
    cat = _who(acme, "cat")
    cat["login"] = "Cat"
    acme.delete_account("dora")
    acme.comment("acme/one", 2, "bob", ago(hours=1), "I am the new bob")
    acme.comment("acme/two", 2, "robert", ago(hours=1), "I was bob")
