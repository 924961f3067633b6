"""Facts that are read share by share give the rows that all at once would."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from benchmarks.metrics.drawing import AS_OF, Drawing
from tests.tasks.stored_team import store
from tests.warehouse.history.world import compute_all, frames_stored
from tests.warehouse.metrics.tables import make_facts
from warehouse import measure, read_shares
from warehouse.connection import Warehouse
from warehouse.errors import UnknownTeam
from warehouse.measure import measure_team
from warehouse.metrics.accounts.people import find_suspected_bots
from warehouse.metrics.facts import KEY, Facts
from warehouse.read_facts import read_facts
from warehouse.read_shares import NoTemporaryFiles, read_in_shares

TWO_REPOSITORIES = """
    pr | repo | opened    | merged    | closed    | merge_commit_oid
    1  | R1   | Mon 09:00 | -         | Tue 09:00 | -
    2  | R2   | Mon 09:00 | Tue 09:00 | Tue 09:00 | c2
    3  | R1   | Mon 10:00 | -         | Tue 09:00 | -
"""


@pytest.fixture
def small_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read at most forty pull requests at a time, unless a repository has more."""
    monkeypatch.setattr(measure, "read_in_shares", lambda *of: read_in_shares(*of, max_pull_requests=40))


def stored(warehouse: Warehouse, count: int) -> Facts:
    facts = Drawing(count).make()
    store(warehouse, facts)
    return facts


@pytest.mark.usefixtures("small_shares")
def test_numbers_of_a_team_in_shares_are_those_of_all_at_once_night_after_night(warehouse: Warehouse) -> None:
    stored(warehouse, 120)
    for day in range(2):
        at = AS_OF + timedelta(days=day)
        summary = measure_team(warehouse, "acme", at)
        assert summary.pull_requests == 120
        expected = compute_all(warehouse, at)
        assert all(one.equals(other) for one, other in zip(frames_stored(warehouse), expected, strict=True))
        with warehouse.cursor() as cursor:
            cursor.execute("UPDATE pull_requests SET additions = additions + 1 WHERE number % 7 = 0")


def test_each_pull_request_is_in_one_share_with_all_that_is_its_own(warehouse: Warehouse) -> None:
    stored(warehouse, 120)
    complete = read_facts(warehouse, "acme")
    with read_in_shares(warehouse, "acme", max_pull_requests=10) as facts:
        shares = list(facts.shares)
        assert facts.team.pull_requests.is_empty()
        assert facts.accounts.sort("account_id").equals(read_accounts(complete))
    assert len(shares) > 3
    for name in read_shares.OF_PULL_REQUESTS:
        rows = pl.concat(getattr(share, name) for share in shares)
        assert rows.sort(rows.columns).equals(getattr(complete, name).sort(rows.columns)), name
    for share in shares:
        assert set(share.reviews[KEY]) <= set(share.pull_requests["id"])
        assert share.people is facts.team.people


def read_accounts(facts: Facts) -> pl.DataFrame:
    return read_shares.decide_accounts(
        pl.concat(
            getattr(facts, name).select(account_id="author_id", login="author_login", kind="author_kind")
            for name in read_shares.AUTHORED
        ),
        facts.people,
    ).sort("account_id")


def test_a_commit_of_another_repository_that_closed_a_pull_request_has_replaced_it_in_shares_too(
    warehouse: Warehouse,
) -> None:
    """Whoever is closed by a commit landed, unless it is that of another one: which may be in another share."""
    facts = make_facts(
        repositories="repo\nR1\nR2",
        pull_requests=TWO_REPOSITORIES,
        timeline_events="""
            id | pr | kind   | at        | subject
            E1 | 1  | Closed | Tue 09:00 | c2
            E2 | 3  | Closed | Tue 09:00 | c9
        """,
    )
    store(warehouse, facts)
    merged = []
    for at_most in (1, 100):
        with read_in_shares(warehouse, "acme", max_pull_requests=at_most) as read:
            rows = pl.concat(share.pull_requests.cast({"id": pl.String}) for share in read.prepare())
        merged.append(rows.filter(pl.col("state") == "MERGED").select("id", "landed_by").sort("id").rows())
    assert merged[0] == merged[1] == [("2", None), ("3", "commit")]


@pytest.mark.usefixtures("small_shares")
def test_repositories_whose_pull_requests_are_gone_lose_their_rows(warehouse: Warehouse) -> None:
    stored(warehouse, 120)
    measure_team(warehouse, "acme", AS_OF)
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE repositories SET is_followed = (id = 'R1')")
    measure_team(warehouse, "acme", AS_OF + timedelta(days=1))
    left = warehouse.read("SELECT DISTINCT repository_id FROM pull_request_metrics")["repository_id"].to_list()
    assert left == ["R1"]
    assert (
        warehouse.read(f"SELECT DISTINCT {KEY} FROM turns").height
        == warehouse.read(f"SELECT DISTINCT {KEY} FROM turns JOIN pull_request_metrics USING ({KEY})").height
    )
    said = warehouse.read_one("SELECT count(*) AS n FROM earlier_rows") or {}
    assert said["n"] > 0, "what was said of them is kept"


def test_accounts_that_look_like_bots_are_found_across_shares(warehouse: Warehouse) -> None:
    facts = stored(warehouse, 120)
    with read_in_shares(warehouse, "acme", max_pull_requests=10) as read:
        responses = pl.concat(measured.first_responses for measured in measure.measure_shares(read, AS_OF))
        found = measure.suspect_bots(read.accounts, responses)
    assert found.equals(find_suspected_bots(facts))


def test_the_files_are_gone_afterwards_and_nobody_else_could_read_them(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    stored(warehouse, 30)
    with read_in_shares(warehouse, "acme", max_pull_requests=10):
        [folder] = tmp_path.glob("prflow-facts-*")
        assert folder.stat().st_mode & 0o077 == 0
        assert list(folder.rglob("*.parquet"))
    assert not list(tmp_path.glob("prflow-facts-*"))


def test_a_folder_for_temporary_files_that_cannot_be_used_is_named_with_the_way_out(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(warehouse, 30)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with (
        pytest.raises(NoTemporaryFiles, match="There is no folder for temporary files"),
        read_in_shares(warehouse, "acme"),
    ):
        pass
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    full = f'IO Error: Could not write file "{tmp_path}/prflow-facts-x": No space left on device'
    with pytest.raises(NoTemporaryFiles) as raised, read_shares._temporary_folder() as folder:
        raise OSError(full.replace("prflow-facts-x", folder.name))
    assert str(raised.value) == f"Temporary files cannot be written to {tmp_path} (No space left on device)."
    assert "TMPDIR" in str(raised.value.hint)


def test_a_team_that_is_not_there_or_has_nothing_yet(warehouse: Warehouse) -> None:
    with pytest.raises(UnknownTeam), read_in_shares(warehouse, "nobody"):
        pass
    store(warehouse, make_facts(pull_requests="pr | opened"))
    with read_in_shares(warehouse, "acme", max_pull_requests=1) as facts:
        assert [share.pull_requests.height for share in facts.prepare()] == [0]
