"""An owner is known by its node id: a renamed organisation or user stays one team, with everything of it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from simulators.github.serving.server import serve
from simulators.github.store import records
from tasks.github.api.errors import NotFound
from tasks.github.ingestion.ingest import ingest
from tasks.github.organisation.discovery import Discovery, discover_repositories
from tasks.github.organisation.follow import OwnerReplaced, follow_owner
from tasks.measure import write_metrics
from tests.conftest import copy_filled
from tests.tasks.github.conftest import Clock, Simulated, begin_run, make_small_organisation
from warehouse.connection import Warehouse
from warehouse.identity.teams import TABLES_OF_TEAMS, count_rows, find_team
from warehouse.progress import Run, Status, TeamBusy, finish_run
from warehouse.windows import Phase

Begin = Callable[..., Run]


def sync(simulated: Simulated, warehouse: Warehouse, run: Run, login: str | None = None, **more: bool) -> Discovery:
    """Discover, ingest and measure as the flows do, and end the run."""
    name = login or run.team_id

    async def go(github: object) -> Discovery:
        found = await discover_repositories(github, warehouse, name, **more)  # type: ignore[arg-type]
        await ingest(github, warehouse, Run(**{**vars(run), "team_id": found.team_id}))  # type: ignore[arg-type]
        return found

    found: Discovery = simulated.ask(go)
    ended = Run(**{**vars(run), "team_id": found.team_id})
    write_metrics(warehouse, ended, simulated.clock.at)
    finish_run(warehouse, ended, Status.COMPLETE, "completed", simulated.clock.at)
    simulated.clock.at += timedelta(days=1)
    return found


def teams(warehouse: Warehouse) -> list[tuple[str, str]]:
    return warehouse.read("SELECT team_id, login FROM teams ORDER BY team_id").rows()


def teams_in_tables(warehouse: Warehouse) -> set[str]:
    """Return every team_id that stands in any table."""
    each = (f"SELECT team_id FROM {table.name}" for table in TABLES_OF_TEAMS)
    return set(warehouse.read(" UNION ".join(each))["team_id"])


@pytest.fixture(scope="module")
def onboarded_home(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Onboard `acme/one` once; each test that begins with it has a copy."""

    def fill(warehouse: Warehouse) -> None:
        clock = Clock()
        with serve(make_small_organisation(), clock=clock.seconds) as running:
            sync(Simulated(running, clock), warehouse, begin_run(warehouse))

    return copy_filled(migrated, tmp_path_factory, fill)


@pytest.fixture
def begins_with(request: pytest.FixtureRequest) -> Path:
    """Folder of an empty DuckLake, or of that of `acme/one` if the test takes `onboarded`."""
    name = "onboarded_home" if "onboarded" in request.fixturenames else "migrated"
    return Path(request.getfixturevalue(name))


@pytest.fixture
def onboarded(simulated: Simulated, warehouse: Warehouse) -> Simulated:
    """`acme/one`, onboarded the day before."""
    simulated.clock.at += timedelta(days=1)
    return simulated


def test_a_weekly_run_follows_and_every_row_of_the_team_with_it(
    onboarded: Simulated, warehouse: Warehouse, start: Begin
) -> None:
    before = count_rows(warehouse, "acme")
    onboarded.organisation.rename_account("acme", "Acme-Inc")
    found = sync(onboarded, warehouse, start(3, phase=Phase.INCREMENTAL, run_id="week", as_of=onboarded.clock.at))
    assert found.team_id == "acme-inc"
    assert teams(warehouse) == [("acme-inc", "Acme-Inc")]
    assert teams_in_tables(warehouse) == {"acme-inc"}
    grown = ("runs", "computations", "counted_with")  # by the run itself
    kept = {name: rows for name, rows in before.items() if not name.endswith(grown)}
    assert count_rows(warehouse, "acme-inc").items() >= kept.items()
    assert warehouse.read("SELECT full_name, sync_status FROM repositories").rows() == [("Acme-Inc/one", "done")]
    names = warehouse.read("SELECT DISTINCT base_repository, head_repository FROM pull_requests").rows()
    assert names == [("Acme-Inc/one", "Acme-Inc/one")], "of those that were not fetched since, too"
    scopes = warehouse.read("SELECT DISTINCT scope_id FROM weekly_metrics WHERE scope = 'team'")["scope_id"]
    assert scopes.to_list() == ["acme-inc"]
    assert find_team(warehouse, "ACME") == "acme-inc", "what it was called is still known"


def test_the_new_login_onboarded_finds_the_team_and_makes_no_second(
    onboarded: Simulated, warehouse: Warehouse, start: Begin
) -> None:
    onboarded.organisation.rename_account("acme", "acme-inc")
    warehouse_created = warehouse.read("SELECT created_at FROM teams").item()
    onboarded.clock.at += timedelta(days=1)
    sync(onboarded, warehouse, start(team="acme-inc", run_id="new", as_of=onboarded.clock.at), is_typed=True)
    assert teams(warehouse) == [("acme-inc", "acme-inc")]
    assert teams_in_tables(warehouse) == {"acme-inc"}
    assert warehouse.read("SELECT created_at FROM teams").item() == warehouse_created
    assert warehouse.read("SELECT count(*) FROM pull_requests").item() == 3


def test_a_login_that_only_changes_its_case_is_the_same_team(
    onboarded: Simulated, warehouse: Warehouse, start: Begin
) -> None:
    onboarded.organisation.rename_account("acme", "ACME")
    sync(onboarded, warehouse, start(3, phase=Phase.INCREMENTAL, run_id="week", as_of=onboarded.clock.at))
    assert teams(warehouse) == [("acme", "ACME")]
    assert warehouse.read("SELECT earlier_ids FROM teams").item() is None


def test_a_user_who_owns_repositories_is_followed_too(simulated: Simulated, warehouse: Warehouse, start: Begin) -> None:
    acme = simulated.organisation
    ann = acme.account("ann") or {}
    acme.add_repository(records.repository(ann, 77, "dotfiles", simulated.ago(days=9)))
    acme.add("ann/dotfiles", simulated.ago(hours=5), "Change", "bob")
    sync(simulated, warehouse, start(team="ann"))
    acme.rename_account("ann", "anna")
    sync(
        simulated, warehouse, start(3, team="ann", phase=Phase.INCREMENTAL, run_id="w", as_of=simulated.clock.at), "ann"
    )
    assert teams(warehouse) == [("anna", "anna")]
    assert warehouse.read("SELECT author_login, team_id FROM pull_requests").rows() == [("bob", "anna")]


def test_whoever_takes_the_old_login_is_not_taken_for_the_team(onboarded: Simulated, warehouse: Warehouse) -> None:
    onboarded.organisation.rename_account("acme", "acme-inc")
    other = onboarded.organisation.add_account(records.actor("Organization", 88, "acme"))
    onboarded.organisation.add_repository(records.repository(other, 89, "theirs", onboarded.ago(days=9)))
    with pytest.raises(OwnerReplaced, match="acme on GitHub is now another account") as raised:
        onboarded.ask(lambda github: follow_owner(github, warehouse, "acme", is_typed=True))
    assert "prflow teams rename acme acme-inc" in raised.value.hint
    assert onboarded.ask(lambda github: follow_owner(github, warehouse, "acme")).team_id == "acme-inc"
    assert onboarded.ask(lambda github: follow_owner(github, warehouse, "acme", is_typed=True)).id == other["id"]


def test_an_owner_that_is_gone_is_said_and_its_successor_in_name_is_not_taken_for_it(
    onboarded: Simulated, warehouse: Warehouse
) -> None:
    onboarded.organisation.delete_account("acme")
    with pytest.raises(NotFound, match="no such organisation or user"):
        onboarded.ask(lambda github: follow_owner(github, warehouse, "acme"))
    onboarded.organisation.add_account(records.actor("Organization", 88, "acme"))
    with pytest.raises(OwnerReplaced, match="was onboarded with, which is gone") as raised:
        onboarded.ask(lambda github: follow_owner(github, warehouse, "acme"))
    assert "prflow teams delete acme" in raised.value.hint


def test_two_teams_of_one_owner_are_made_one_unless_a_run_works_on_the_other(
    onboarded: Simulated, warehouse: Warehouse, start: Begin
) -> None:
    onboarded.organisation.rename_account("acme", "acme-inc")
    onboarded.clock.at = onboarded.now
    run = start(3, phase=Phase.INCREMENTAL, run_id="night", as_of=onboarded.clock.at)
    with pytest.raises(TeamBusy, match="Another run is working on acme"):
        onboarded.ask(lambda github: follow_owner(github, warehouse, "acme-inc"))
    finish_run(warehouse, run, Status.COMPLETE, "completed", onboarded.clock.at)
    assert onboarded.ask(lambda github: follow_owner(github, warehouse, "acme-inc")).team_id == "acme-inc"
    assert teams(warehouse) == [("acme-inc", "acme-inc")]


def test_a_repository_that_is_transferred_between_two_teams_takes_everything_along(
    simulated: Simulated, warehouse: Warehouse, start: Begin
) -> None:
    acme = simulated.organisation
    other = acme.add_account(records.actor("Organization", 88, "globex"))
    acme.add_repository(records.repository(other, 89, "theirs", simulated.ago(days=9)))
    acme.add_repository(records.repository(acme.owner, 90, "stays", simulated.ago(days=9)))
    acme.comment("acme/one", 1, "bob", simulated.ago(minutes=30), "Hello")
    sync(simulated, warehouse, start())
    sync(simulated, warehouse, start(team="globex", run_id="globex"))
    acme.transfer_repository("acme/one", "globex")
    run = start(3, team="globex", phase=Phase.INCREMENTAL, run_id="week", as_of=simulated.clock.at)
    sync(simulated, warehouse, run)
    for table in ("pull_requests", "comments", "sync_items", "pull_request_metrics"):
        assert warehouse.read(f"SELECT DISTINCT team_id FROM {table}").rows() == [("globex",)], table
    names = warehouse.read("SELECT team_id, full_name, is_followed FROM repositories ORDER BY full_name").rows()
    assert names == [("acme", "acme/stays", True), ("globex", "globex/one", True), ("globex", "globex/theirs", True)]
    people = warehouse.read("SELECT login FROM people WHERE team_id = 'globex' ORDER BY login")["login"].to_list()
    assert people == ["ann", "bob"]
