"""The API for programs: keys, what each may read, limits, forms; and the commands of its page."""

import io
import re
import shlex
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import polars as pl
import pytest
from starlette.testclient import TestClient

from flows.services.api.openapi import ARROW
from flows.services.api.server import ROUTES, application
from flows.services.api.settings import ApiSettings
from tests.tasks.stored_team import store
from tests.warehouse.metrics.tables import AS_OF, make_facts
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.keys.api_keys import NewKey, add_key, check_key, note_use, read_keys, revoke_key
from warehouse.measure import measure_team
from warehouse.questions.metrics import Question, answer, read_sources
from warehouse.settings import WarehouseSettings
from warehouse.store import Merge, commit

NOW = datetime(2026, 8, 20, 12, tzinfo=UTC)
PAGE = Path(__file__).parents[4] / "docs" / "api.md"
PULL_REQUESTS = """
    pr | opened    | merged    | title
    1  | Mon 09:00 | Tue 10:00 | one
    2  | Mon 09:00 | Wed 10:00 | =HYPER
    3  | Mon 09:00 | Mon2 10:00 | three
    4  | Tue 09:00 | -         | four
"""


class Api:
    """The service over a warehouse with the team acme and a key of it; `now` is its clock in seconds."""

    def __init__(self, warehouse: Warehouse) -> None:
        store(warehouse, make_facts(pull_requests=PULL_REQUESTS))
        team = {"team_id": "acme", "login": "Acme", "status": "complete"}
        commit(warehouse, Merge(schema.teams, schema.frame(schema.teams, [team], team)))
        measure_team(warehouse, "acme", AS_OF)
        self.warehouse, self.now = warehouse, 0.0
        self.key = NewKey("", "")
        settings = ApiSettings(_env_file=None, requests_a_minute=15, hosts="api.example")  # type: ignore[call-arg]
        app = application(settings, warehouse.settings, lambda: NOW, lambda: self.now)
        self.client = TestClient(app, base_url="http://127.0.0.1:8590")

    def get(self, path: str, key: str | None = None, **headers: str) -> httpx.Response:
        shown = {"Authorization": f"Bearer {self.key.value if key is None else key}"}
        return self.client.get(path, headers=shown | headers)


@pytest.fixture(scope="module")
def served(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    home = tmp_path_factory.mktemp("api")
    shutil.copytree(migrated, home, dirs_exist_ok=True)
    settings = WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")
    with Warehouse(settings) as warehouse:
        made = Api(warehouse)
        with made.client:
            yield made


@pytest.fixture
def api(served: Api) -> Api:
    """Return the service with a key that no other test uses."""
    served.key = add_key(served.warehouse, "acme", "grafana", NOW)
    return served


def test_a_number_is_that_of_mcp_and_its_rows_are_those_behind_it_in_both_forms(api: Api) -> None:
    path = "/v1/metrics?metric=merged_prs&metric=cycle_time_p50_hours&weeks=2"
    [merged, cycle] = api.get(path).json()["rows"]
    for row in (merged, cycle):
        same = answer(read_sources(api.warehouse, "acme", row["metric"]), Question(row["metric"], 2))
        assert (row["now_value"], row["now_n"], row["note"]) == (same.now.value, same.now.n, same.note)
    behind = api.get("/v1/prs-behind?metric=merged_prs&weeks=2").json()["rows"]
    assert sum(row["n"] for row in behind) == merged["now_n"]
    for address in (path, "/v1/prs-behind?metric=merged_prs&weeks=2", "/v1/insights", "/v1/status", "/v1/metrics"):
        response = api.get(address, Accept=ARROW)
        assert response.headers["content-type"] == ARROW
        table = pl.read_ipc_stream(io.BytesIO(response.content))
        assert table.height == len(api.get(address).json()["rows"])
    [status] = api.get("/v1/status").json()["rows"]
    assert (status["team"], status["status"]) == ("Acme", "complete")


def test_who_shows_no_good_key_gets_nothing(api: Api) -> None:
    good = api.key.value
    other = add_key(api.warehouse, "gone", "of a team that there is not", NOW)
    for key in ("", "x", good[:-1], good + "x", good.upper(), f"prflow__{good[-40:]}", other.value, "é" * 40):
        shown = {"Authorization": f"Bearer {key}".encode()}
        assert api.client.get("/v1/status", headers=shown).status_code == 401, key
    assert api.client.get("/v1/status").json()["error"] == "The key is missing, wrong or revoked."
    assert api.client.get("/v1/status", headers={"Authorization": f"Basic {good}"}).status_code == 401
    assert api.client.post("/v1/status", headers={"Authorization": f"Bearer {good}"}).status_code == 405
    assert api.get("/v1/status").status_code == 200
    revoke_key(api.warehouse, api.key.id, NOW)
    assert {api.get(path).status_code for path in ROUTES} == {401}
    assert api.client.get("/v1/openapi.json").status_code == api.client.get("/healthz").status_code == 200


def test_a_key_reads_its_own_team_whatever_the_address_says(api: Api) -> None:
    commit(api.warehouse, Merge(schema.teams, schema.frame(schema.teams, [team := {"team_id": "globex"}], team)))
    other = add_key(api.warehouse, "globex", "its own", NOW)
    insight = {"id": "1", "team_id": "acme", "title": "Only of acme", "rank": 1, "as_of": NOW}
    commit(api.warehouse, Merge(schema.insights, schema.frame(schema.insights, [insight], insight)))
    assert [row["title"] for row in api.get("/v1/insights?team=globex").json()["rows"]] == ["Only of acme"]
    assert api.get("/v1/insights?team=acme", other.value).json()["rows"] == []
    assert api.get("/v1/prs-behind?metric=merged_prs&team=acme", other.value).status_code == 400


def test_a_key_that_asks_too_often_waits_and_others_do_not(api: Api) -> None:
    other = add_key(api.warehouse, "acme", "another", NOW)
    assert {api.get("/v1/insights").status_code for _ in range(15)} == {200}
    refused = api.get("/v1/insights")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert api.get("/v1/insights", other.value).status_code == 200
    api.now += 60
    assert api.get("/v1/insights").status_code == 200


BAD = {
    "/v1/metrics?metric=nonsense": "There is no metric nonsense.",
    "/v1/metrics?metric=merged_prs&weeks=0": "weeks is a whole number",
    "/v1/metrics?metric=merged_prs&weeks=٣": "weeks is a whole number",
    "/v1/metrics?metric=merged_prs&weeks=105": "A period has 1 to 104 weeks",
    "/v1/metrics?metric=merged_prs&repository=acme/none": "is not followed",
    "/v1/prs-behind": "There is no metric",
    "/v1/prs-behind?metric=merged_prs&metric=open_prs": "given 2 times",
    "/v1/prs-behind?metric=merged_prs&limit=99999": "limit is a whole number",
    "/v1/prs-behind?metric=merged_prs&limit=00000000199999": "limit is a whole number",
    f"/v1/prs-behind?metric=merged_prs&limit=000000001{'0' * 5000}": "limit is a whole number",
    "/v1/metrics?metric=a%E2%80%AE%C2%9Bb%0Ac": "There is no metric ab c.",
}


def test_a_parameter_that_cannot_be_used_is_said_in_words(api: Api) -> None:
    for path, words in BAD.items():
        response = api.get(path)
        assert response.status_code == 400, path
        assert words in response.json()["error"]


def test_a_foreign_host_name_is_refused_and_one_of_the_settings_is_not(api: Api) -> None:
    assert api.get("/v1/status", Host="attacker.example").status_code == 400
    assert api.get("/v1/status", Host="api.example").status_code == 200


def test_of_a_key_only_a_hash_is_stored_and_its_use_once_an_hour(api: Api) -> None:
    secret = api.key.value.rpartition("_")[2]
    assert len(api.key.value) > 40
    with api.warehouse.cursor() as cursor:
        assert secret not in str(cursor.execute("FROM api_keys").fetchall())
    before = api.warehouse.snapshot_id()
    api.get("/v1/insights")
    used = api.warehouse.snapshot_id()
    api.get("/v1/insights")
    assert before != used == api.warehouse.snapshot_id()
    assert _used(api) == NOW
    key = check_key(api.warehouse, api.key.value)
    assert key is not None
    note_use(api.warehouse, key, NOW + timedelta(hours=2))
    assert _used(api) == NOW + timedelta(hours=2)
    with pytest.raises(BadArgument, match="There is no key"):
        revoke_key(api.warehouse, api.key.id, NOW, team_id="globex")
    with pytest.raises(BadArgument, match="A key needs a name"):
        add_key(api.warehouse, "acme", " \u200b", NOW)


def _used(api: Api) -> object:
    return read_keys(api.warehouse, "acme").filter(id=api.key.id)["used_at"][0]


def test_the_commands_of_the_page_do_what_it_says(api: Api) -> None:
    lines = re.findall(r"^    curl (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) == 6
    for line in lines:
        words = shlex.split(line.replace("$KEY", api.key.value))
        headers = [words[place + 1].split(": ", 1) for place, word in enumerate(words) if word == "-H"]
        response = api.client.get(words[-1], headers=dict(headers))
        assert response.status_code == 200, line
    paths = api.client.get("/v1/openapi.json").json()["paths"]
    assert paths.keys() == ROUTES.keys()
