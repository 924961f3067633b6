"""What goes wrong with Jira, at the wire: nothing of it stops the pull requests, and no token is told."""

from datetime import UTC, datetime
from itertools import count

import pytest

from flows.services.ports import free_port
from simulators.jira.server import CLOUD, DATA_CENTER, JiraFault
from tasks.jira.client import Jira, check_address, read_wait
from tasks.jira.errors import JiraBusy, JiraError, JiraRefused, JiraUnavailable
from tasks.jira.issue_rows import issue_writes
from tasks.jira.parse import Issue, parse_issue
from tasks.jira.settings import JiraSettings
from tasks.jira.sites import Cloud, DataCenter, open_site
from tests.tasks.jira.conftest import CANARY, MakeTeam, Team, both, night
from warehouse.errors import NotConfigured
from warehouse.store import Merge

NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)


def told(team: Team) -> tuple[object, object]:
    (row,) = team.rows("jira_sites", "error", "read_at")
    return row


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Mon, 02 Mar 2026 03:00:30 GMT"}, 30.0),
        ({"X-RateLimit-Reset": "2026-03-02T03:02Z"}, 120.0),
        ({"X-RateLimit-Reset": "2026-03-02T02:59Z"}, 1.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "²"}, None),
        ({}, None),
    ],
)
def test_jira_says_how_long_to_wait_in_three_ways(headers: dict[str, str], seconds: float | None) -> None:
    assert read_wait(headers, NOW) == seconds


def test_a_rate_limit_is_waited_out_and_one_of_an_hour_left_to_the_next_run(make_team: MakeTeam) -> None:
    team = make_team()
    team.add_pull_request(1, "PAY-1")
    team.running.simulator.faults.append(JiraFault(429, headers={"Retry-After": "3600"}))
    error = team.read().error
    assert isinstance(error, JiraBusy)
    assert "60 minutes" in str(error)
    assert team.waits == []
    assert team.rows("jira_links", "issue_key", "state") == [("PAY-1", None)]
    team.running.simulator.faults += [JiraFault(429, headers={"Retry-After": "9"}), JiraFault(503, count=2)]
    assert team.read(night(1)).error is None
    assert team.waits == [9.0, 4.0, 8.0]
    assert told(team) == (None, night(1))
    assert team.rows("jira_links", "state") == [("found",)]


def test_what_was_read_before_jira_fails_in_the_middle_stays(make_team: MakeTeam) -> None:
    team = make_team()
    team.add_pull_request(1, "PAY-1")
    team.read()
    team.add_pull_request(2, "SHOP-3", fetched_at=night(1))
    team.running.simulator.faults.append(JiraFault(500, path="changelog", count=None))
    error = team.read(night(1)).error
    assert isinstance(error, JiraUnavailable)
    assert told(team) == (str(error), night(0))
    assert team.rows("jira_issues", "key") == [("PAY-1",)]
    team.running.simulator.faults.clear()
    assert team.read(night(2)).error is None
    assert [key for (key,) in team.rows("jira_issues", "key")] == ["PAY-1", "SHOP-1", "SHOP-2", "SHOP-3"]
    assert told(team) == (None, night(2))


def test_a_wrong_token_is_one_clear_sentence(make_team: MakeTeam) -> None:
    for team in both(make_team):
        team.token = "another-canary-77"
        with team.open() as jira, pytest.raises(JiraRefused) as caught:
            open_site(jira)
        assert str(caught.value).startswith("Jira does not accept the token: it is wrong, expired or revoked.")
        assert "prflow jira check" in caught.value.hint


def test_a_site_that_is_down_is_tried_five_times(make_team: MakeTeam) -> None:
    team = make_team()
    team.add_pull_request(1, "PAY-1")
    team.url = f"http://127.0.0.1:{free_port()}"
    error = team.read().error
    assert isinstance(error, JiraUnavailable)
    assert len(team.waits) == 4
    assert team.rows("jira_links", "issue_key") == [("PAY-1",)]


NO_JIRA = [
    (JiraFault(200, body="<html>Log in</html>", media_type="text/html"), "does not respond as Jira's API does"),
    (JiraFault(200, body="[" * 100_000), "does not respond as Jira's API does"),
    (JiraFault(200, body="{}"), "does not respond as Jira's API does"),
    (JiraFault(302, headers={"Location": "https://login.example/"}), "redirects elsewhere"),
    (JiraFault(404), "There is no Jira at"),
    (JiraFault(403), "does not let it read"),
    (JiraFault(418), "with status 418"),
]


def test_what_is_no_jira_is_said_in_words(make_team: MakeTeam) -> None:
    team = make_team()
    for fault, words in NO_JIRA:
        team.running.simulator.faults.append(fault)
        with team.open() as jira, pytest.raises(JiraRefused, match=words):
            open_site(jira)


def test_the_cloud_without_an_address_of_the_tokens_owner_is_said(make_team: MakeTeam) -> None:
    team = make_team(DATA_CENTER)
    team.running.simulator.form = CLOUD
    team.running.simulator.email = ""
    error = team.read().error
    assert isinstance(error, NotConfigured)
    assert "PRFLOW_JIRA_EMAIL" in str(error)


@pytest.mark.parametrize("form", [CLOUD, DATA_CENTER])
def test_a_list_that_never_ends_is_left(make_team: MakeTeam, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.jira.sites.MAX_PAGES", 4)
    team, numbers = make_team(form), count()

    def ask(*_: object) -> object:
        return {"total": 10**15, "issues": [{"id": "1"}], "nextPageToken": str(next(numbers))}

    monkeypatch.setattr(Jira, "post", ask)
    with team.open() as jira, pytest.raises(JiraUnavailable, match="does not end"):
        (Cloud(jira) if form == CLOUD else DataCenter(jira)).fetch_transitions(["1"])


def test_a_run_sends_only_so_many_requests(make_team: MakeTeam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.jira.client.MAX_REQUESTS", 3)
    with make_team().open() as jira:
        for _ in range(3):
            jira.get("/rest/api/2/serverInfo")
        with pytest.raises(JiraUnavailable, match="do not end"):
            jira.get("/rest/api/2/serverInfo")


def test_strange_json_is_read_as_nothing(make_team: MakeTeam) -> None:
    team = make_team()
    team.add_pull_request(1, "PAY-1")
    body = '{"issues": [null, 7, {"id": true}, {"id": "1", "key": "PAY-1", "fields": {"status": 3, "created": "x"}}]}'
    team.running.simulator.faults.append(JiraFault(200, path="issue/bulkfetch", body=body))
    assert team.read().error is None
    assert team.rows("jira_issues", "id", "key", "status", "created_at") == [("1", "PAY-1", None, None)]


def test_the_token_is_nowhere(make_team: MakeTeam, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    quoted = f'{{"errorMessages": ["Bad token {CANARY}"]}}'
    said = []
    for team in both(make_team):
        for status in (400, 401, 403, 500):
            team.running.simulator.faults.append(JiraFault(status, path="myself", count=5, body=quoted))
            with team.open() as jira, pytest.raises(JiraError) as caught:
                open_site(jira)
            said.append(f"{caught.value!r} {caught.value} {caught.value.hint} {jira!r}")
            team.running.simulator.faults.clear()
    team.add_pull_request(1, "PAY-1")
    team.running.simulator.faults.append(JiraFault(400, path="search", count=None, body=quoted))
    team.read()
    said += [str(team.rows(table, "*")) for table in ("jira_sites", "jira_issues", "jira_links")]
    header = team.running.simulator.authorisations[-1]
    assert CANARY in header
    assert CANARY not in "".join(said) + caplog.text


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://jira.example", "unencrypted"),
        *(
            (url, "PRFLOW_JIRA_URL is not an address")
            for url in ("jira.example", "ftp://a.b", "https://u:p@a.b", "https://")
        ),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url: str, words: str) -> None:
    with pytest.raises(NotConfigured, match=words):
        check_address(JiraSettings(_env_file=None, url=url))  # type: ignore[call-arg]


def test_one_issue_with_strange_values_changes_nothing_of_another() -> None:
    def parse(number: int, **fields: object) -> Issue:
        kind = {"name": "Sub-task", "hierarchyLevel": -1}
        given = {"summary": "x", "issuetype": kind, "created": "2026-08-24T11:11:52.944+0000"}
        found = parse_issue({"id": str(number), "key": f"SHOP-{number}", "fields": given | fields})
        assert found is not None
        return found

    issues = [
        parse(1),
        parse(2, summary="half \ud83d and \x00"),
        parse(3, issuetype={"name": "Task", "hierarchyLevel": 10**30}),
        parse(4, issuetype={"name": "Task", "hierarchyLevel": True}),
        parse(5, created="0001-01-01T00:00:00.000+1400"),
        parse(6, created="9999-12-31T23:59:59.000-1200"),
    ]
    (merge, _) = issue_writes("acme", issues, [], {}, NOW)
    assert isinstance(merge, Merge)
    assert merge.rows["level"].to_list() == [-1, -1, None, 0, -1, -1]
    assert merge.rows["summary"][1] == "half \N{REPLACEMENT CHARACTER} and "
    assert [at is None for at in merge.rows["created_at"]] == [False, False, False, False, True, True]


def test_a_wait_that_no_calendar_has_is_none() -> None:
    assert read_wait({"Retry-After": "Wed, 21 Oct 2026 07:28:00 +99999999999999"}, NOW) is None
