"""Renames in the random histories of benchmarks.convergence: of people, of the organisation, and logins taken over."""

from itertools import count

from simulators.github.store import records
from simulators.github.store.records import Record
from simulators.github.store.world import Organisation
from warehouse.connection import Warehouse

ACTIONS = ("rename person", "take over login", "change case", "rename owner")
AUTHOR = records.node_id("U", 3)
"""Who opens and comments in the histories, whatever the login is."""

_numbers = count(1_000)


def author_of(organisation: Organisation) -> str:
    """Return the login of today of AUTHOR."""
    return str((organisation.node(AUTHOR) or {})["login"])


def rename(organisation: Organisation, what: str, at: int, name: str, number: int, now: str) -> None:
    """Do one of ACTIONS; who takes over a login comments on the pull request."""
    person = author_of(organisation)
    match what:
        case "rename person":
            organisation.rename_account(person, f"ann-{at}")
        case "change case":
            organisation.rename_account(person, person.swapcase())
        case "rename owner":
            organisation.rename_account(organisation.login, f"acme-{at}")
        case "take over login":
            organisation.rename_account(person, f"ann-{at}-before")
            organisation.add_account(records.actor("User", next(_numbers), person))
            organisation.comment(name, number, person, now, "I have this login now")


def find_strangers(organisation: Organisation, warehouse: Warehouse) -> dict[str, tuple[object, object]]:
    """Return what is stored under another account, or another login, than GitHub gives: (stored, GitHub's) by id."""
    wrong: dict[str, tuple[object, object]] = {}
    for pull_request in organisation.pull_requests():
        expected = {record["id"]: _identity(record) for record in (pull_request, *pull_request["comments"])}
        wrong |= {
            key: (found, expected[key])
            for table, column in (("pull_requests", "id"), ("comments", "pull_request_id"))
            for key, *found in warehouse.read(
                f"SELECT id, author_id, author_login FROM {table} WHERE {column} = ?",
                [pull_request["id"]],
            ).iter_rows()
            if key in expected and found != expected[key]
        }
    return wrong


def _identity(record: Record) -> list[str]:
    return [record["author"]["id"], record["author"]["login"]]
