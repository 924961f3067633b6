"""Nights of a team with nobody at the keyboard: schedules, a worker, mail and Slack, through all that goes wrong.

A schedule starts the first night and the digest. The other nights are runs of the deployment `nightly`, as its schedule
would make them a day later each.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prefect import get_client
from prefect.client.schemas.schedules import IntervalSchedule

from flows.lifecycle.deployments import Deployment
from flows.services.supervisor import Supervisor
from simulators.github.serving.faults import Fault, Kind
from simulators.github.serving.server import Running as GitHub
from simulators.github.serving.server import serve as serve_github
from simulators.github.story.organisation import make_organisation
from simulators.llm.server import serve as serve_model
from tests.flows.conftest import forget_runs, queue, start_worker, variables_of, variables_of_worker, wait_until
from tests.tasks.messages.post_office import MailBox, Workspace
from warehouse.connection import Warehouse

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(2400)]
SECONDS = 600.0
LIMIT = 30
"""What the model may read in a run, as a quota of a day would allow: less than there is."""


@dataclass
class Team:
    """The team acme, as those see it who sleep: its warehouse, its mails, its channel in Slack."""

    github: GitHub
    warehouse: Warehouse
    box: MailBox
    slack: Workspace

    def read_runs(self) -> list[tuple[str, str]]:
        return self.warehouse.read("SELECT flow, state FROM pipeline_runs ORDER BY started_at").rows()

    def wait_for(self, *last: tuple[str, str]) -> None:
        """Wait until the team's last runs are these, by flow and state, and none is under way."""
        self.wait(lambda: tuple(self.read_runs()[-len(last) :]) == last)

    def wait(self, is_true: Callable[[], bool]) -> None:
        try:
            wait_until(is_true, SECONDS)
        except AssertionError:
            raise AssertionError((self.read_runs(), self.subjects())) from None

    def count_unread(self) -> int:
        read = "SELECT pull_request_id FROM pr_analysis WHERE error_code IS NULL"
        return int(self.warehouse.read(f"SELECT count(*) FROM pull_requests WHERE id NOT IN ({read})").item())

    def subjects(self) -> list[str]:
        return [mail["Subject"] for mail in self.box.mails]

    def wait_for_mail(self, beginning: str) -> None:
        """Wait until mail and Slack have a message that begins so."""
        self.wait(lambda: any(each.startswith(beginning) for each in self.subjects()))
        self.wait(lambda: any(post["text"].startswith(beginning) for post in self.slack.posted))

    def let_a_day_pass(self) -> None:
        """Move failures back by a day: an import that has just failed is left alone until the next night."""
        ended = "UPDATE pipeline_runs SET ended_at = ended_at - INTERVAL 1 DAY WHERE state = 'failed'"
        self.warehouse.transact(lambda cursor: cursor.execute(ended))  # type: ignore[arg-type, return-value]


@pytest.fixture
def team(
    prefect_server: str,
    office: tuple[MailBox, Workspace],
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[Team]:
    """Start a worker beside a simulated GitHub and model of today; flows know them by the environment alone."""
    organisation = make_organisation(7, datetime.now(UTC), repositories=2, pull_requests=200, days=80)
    supervisor = Supervisor(tmp_path / "logs")
    with serve_github(organisation) as github, serve_model() as model:
        given = variables_of(warehouse.settings.home, github, model) | variables_of_worker(prefect_server, tmp_path)
        for name, value in (given | {"PRFLOW_LLM_LIMIT": str(LIMIT)}).items():
            monkeypatch.setenv(name, value)
        forget_runs()
        start_worker(supervisor)
        try:
            yield Team(github, warehouse, *office)
        finally:
            supervisor.end()


def fire(deployment: Deployment, has_fired: Callable[[], None]) -> None:
    """Let the schedule of a deployment come now instead of at its hour, until it has fired."""
    every = IntervalSchedule(interval=timedelta(seconds=30), anchor_date=datetime.now(UTC))
    with get_client(sync_client=True) as client:
        known = client.read_deployment_by_name(deployment.path)
        [made] = client.create_deployment_schedules(known.id, [(every, True)])
        try:
            has_fired()
        finally:
            client.delete_deployment_schedule(known.id, made.id)


BROKEN = Fault(Kind.BAD_CREDENTIALS, times=None)


def test_nights_do_what_is_to_be_done_and_tell_what_a_person_has_to_do(team: Team) -> None:
    faults = team.github.faults
    faults.add(BROKEN)
    queue(Deployment.ONBOARDING, team="acme")
    team.wait_for(("onboarding", "failed"))
    team.wait_for_mail("acme: ")
    failure = str(team.box.mails[-1].get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert "What to do: " in failure
    assert team.slack.posted[-1]["text"].startswith(team.subjects()[-1])

    # The first night tries the first phase again. Its quota leaves a part unread, and phase 2 fails.
    team.let_a_day_pass()
    faults.clear()
    fire(Deployment.NIGHTLY, lambda: team.wait_for(("onboarding", "failed"), ("onboarding", "partial")))
    faults.add(BROKEN)
    team.wait_for(("onboarding", "partial"), ("background", "failed"))
    told = len(team.box.mails)
    unread = team.count_unread()
    assert unread > 0, team.read_runs()

    # The second night finishes phase 2, and the following ones read what the quota left.
    team.let_a_day_pass()
    faults.clear()
    queue(Deployment.NIGHTLY)
    team.wait(lambda: team.read_runs()[-1][0] == "background" and team.read_runs()[-1][1] in ("partial", "completed"))
    nights = 0
    while (left := team.count_unread()) and nights < 12:
        nights += 1
        before = len(team.read_runs())
        queue(Deployment.NIGHTLY)
        team.wait(lambda before=before: len(team.read_runs()) > before and team.read_runs()[-1][1] != "running")  # type: ignore[misc]
        assert team.read_runs()[-1][0] == "refresh"
        assert team.count_unread() < left
    assert nights > 0
    assert team.count_unread() == 0

    # A night fails, and somebody is told; the next one works, and they are told that, too.
    faults.add(BROKEN)
    queue(Deployment.NIGHTLY)
    team.wait_for(("refresh", "failed"))
    team.wait_for_mail("acme: the refresh failed")
    faults.clear()
    queue(Deployment.NIGHTLY)
    team.wait_for(("refresh", "failed"), ("refresh", "completed"))
    team.wait_for_mail("acme: it works again")
    assert len(team.box.mails) > told

    fire(Deployment.DIGEST, lambda: team.wait_for_mail("acme: the week of "))
    assert team.warehouse.read("SELECT status FROM teams")["status"].to_list() == ["complete"]
    print(team.warehouse.read(AFTER_HOW_LONG).rows())  # for whoever runs it with -s: seconds are not compared


AFTER_HOW_LONG = """
SELECT r.flow, epoch(m.sent_at - r.ended_at) AS seconds, m.channel FROM messages m JOIN pipeline_runs r
ON r.state = 'failed' AND m.kind LIKE '%failed%' AND m.created_at BETWEEN r.ended_at AND r.ended_at + INTERVAL 10 MINUTE
"""
