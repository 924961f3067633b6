"""Who owns the repositories, and which are followed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from simulators.github.store import records
from tasks.github.api.errors import NotFound
from tasks.github.organisation.discovery import discover_repositories
from tasks.github.organisation.repositories import NotARepository, Repository, fetch_repositories, split_names
from warehouse.connection import Warehouse

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Simulate = Callable[..., "Simulated"]


def add(simulated: "Simulated", number: int, name: str, **more: object) -> None:
    organisation = simulated.organisation
    organisation.add_repository(records.repository(organisation.owner, number, name, simulated.ago(days=9), **more))


def followed(warehouse: Warehouse) -> dict[str, bool]:
    return dict(warehouse.read("SELECT name, is_followed FROM repositories ORDER BY name").iter_rows())


def test_archived_repositories_and_forks_are_counted_and_not_followed(
    simulated: "Simulated", warehouse: Warehouse
) -> None:
    add(simulated, 8, "old", isArchived=True)
    add(simulated, 9, "copy", isFork=True)
    found = simulated.discover(warehouse)
    assert (found.repositories_count, found.followed_count, found.archived_count, found.forks_count) == (3, 1, 1, 1)
    assert followed(warehouse) == {"copy": False, "old": False, "one": True}


def test_a_repository_that_is_named_is_followed_whatever_it_is(simulated: "Simulated", warehouse: Warehouse) -> None:
    add(simulated, 8, "old", isArchived=True)
    simulated.discover(warehouse, ["acme/old"])
    assert followed(warehouse) == {"old": True}
    assert "Repositories" not in simulated.asked()


def test_what_a_person_chose_stays_when_all_are_listed_again(simulate: Simulate, warehouse: Warehouse) -> None:
    simulated = simulate(repositories=3)
    simulated.discover(warehouse)
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE repositories SET is_followed = false WHERE name = 'two'")
    simulated.discover(warehouse)
    assert followed(warehouse) == {"one": True, "three": True, "two": False}


def test_a_team_of_named_repositories_follows_no_others_until_a_person_names_the_owner_alone(
    simulate: Simulate, warehouse: Warehouse
) -> None:
    simulated = simulate(repositories=3)
    simulated.discover(warehouse, ["acme/two"])
    found = simulated.discover(warehouse)
    assert (followed(warehouse), found.followed_count) == ({"two": True}, 1)
    simulated.discover(warehouse, ["acme/one"])
    simulated.discover(warehouse)
    assert followed(warehouse) == {"one": True, "two": True}
    typed = lambda github: discover_repositories(github, warehouse, "acme", is_typed=True)  # noqa: E731
    simulated.ask(typed)
    add(simulated, 9, "four")
    simulated.discover(warehouse)
    assert followed(warehouse) == {"four": True, "one": True, "three": True, "two": True}


def test_one_that_is_no_longer_archived_is_followed_unless_a_person_left_it_out(
    simulated: "Simulated", warehouse: Warehouse
) -> None:
    for number, name in ((8, "old"), (9, "left")):
        add(simulated, number, name, isArchived=True)
    simulated.discover(warehouse)
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE repositories SET history_from = now() WHERE name = 'left'")  # it was fetched once
    simulated.discover(warehouse)
    assert followed(warehouse) == {"left": False, "old": False, "one": True}
    for name in ("old", "left"):
        (simulated.organisation.repository(f"acme/{name}") or {})["isArchived"] = False
    simulated.organisation.touch("acme/one", 1, simulated.ago(hours=1))
    simulated.discover(warehouse)
    assert followed(warehouse) == {"left": False, "old": True, "one": True}


def test_the_owner_is_stored_and_the_rest_of_the_teams_row_stays(
    simulated: "Simulated", warehouse: Warehouse, start: Callable[..., object]
) -> None:
    start()
    simulated.discover(warehouse, is_simulated=True, web_url="https://github.acme.test/")
    row = warehouse.read_one("SELECT login, name, web_url, is_simulated, status FROM teams WHERE team_id = 'acme'")
    assert row == {
        "login": "acme",
        "name": "Acme",
        "web_url": "https://github.acme.test",
        "is_simulated": True,
        "status": "syncing",
    }


def test_the_repositories_of_a_user_are_found_too(simulated: "Simulated", warehouse: Warehouse) -> None:
    simulated.organisation.owner["__typename"] = "User"
    assert simulated.discover(warehouse, ["acme/one"]).followed_count == 1


def test_a_repository_that_went_to_another_owner_is_not_taken_from_its_team(
    simulated: "Simulated", warehouse: Warehouse
) -> None:
    acme = simulated.organisation
    other = acme.add_account(records.actor("Organization", 88, "globex"))
    acme.add_repository(records.repository(other, 89, "theirs", simulated.ago(days=9)))
    simulated.ask(lambda github: discover_repositories(github, warehouse, "globex"))
    acme.transfer_repository("globex/theirs", "acme")
    simulated.discover(warehouse)
    with pytest.raises(NotARepository, match="is not globex's any more: it is acme/theirs now"):
        simulated.ask(lambda github: discover_repositories(github, warehouse, "globex", ["globex/theirs"]))
    owners = warehouse.read("SELECT team_id FROM repositories WHERE full_name = 'acme/theirs'")["team_id"].to_list()
    assert owners == ["acme"]


def test_names_that_github_does_not_have_are_named(simulated: "Simulated", warehouse: Warehouse) -> None:
    with pytest.raises(NotFound, match="acme/nothing: no such repository"):
        simulated.discover(warehouse, ["acme/nothing"])


def test_an_owner_with_nothing_to_follow_is_refused(simulate: Simulate, warehouse: Warehouse) -> None:
    with pytest.raises(NotFound, match="acme has no repository to follow"):
        simulate(repositories=0).discover(warehouse)


@pytest.mark.parametrize("page", [1, 2, 3, 100])
def test_repositories_come_in_pages_of_any_size(simulate: Simulate, page: int) -> None:
    async def names(github: object) -> list[str]:
        pages: list[list[Repository]] = [each async for each in fetch_repositories(github, "acme", page_size=page)]  # type: ignore[arg-type]
        return sorted(repository.name for each in pages for repository in each)

    assert simulate(repositories=3).ask(names) == ["one", "three", "two"]


def test_a_name_may_leave_its_owner_out() -> None:
    assert split_names(["one", "Acme/two", " acme/three "], "acme") == [
        ("acme", "one"),
        ("Acme", "two"),
        ("acme", "three"),
    ]


@pytest.mark.parametrize("name", ["other/one", "a/b/c", "", "acme/", "https://github.com/acme/one"])
def test_a_name_of_another_owner_or_of_no_repository_is_refused(name: str) -> None:
    with pytest.raises(NotARepository, match="is not a repository of acme") as caught:
        split_names([name], "acme")
    assert caught.value.hint == "Write it as acme/NAME."
