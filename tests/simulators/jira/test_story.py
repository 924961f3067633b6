"""The Jira of the demo has the issues that the pull requests of the simulated GitHub name."""

from datetime import UTC, datetime

from simulators.github.story.organisation import make_organisation
from simulators.jira.story import make_world
from tasks.jira.keys import Site, Texts, find_keys

AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)


def test_what_pull_requests_name_is_there_with_a_life_that_fits_and_a_few_are_gone() -> None:
    records = list(make_organisation(7, AS_OF, pull_requests=300).pull_requests())
    world = make_world(records, AS_OF)
    again = make_world(records, AS_OF)
    assert {one.key: (one.status, one.updated) for one in world.issues.values()} == {
        one.key: (one.status, one.updated) for one in again.issues.values()
    }
    site = Site("https://jira.example", frozenset(world.projects))
    named = {key: record for record in records for key in find_keys(Texts(record["title"], "", ""), site)}
    found = {key: world.find(key) for key in named}
    assert len(named) > 20
    assert sum(issue is None for issue in found.values()) <= len(named) / 10
    for key, issue in found.items():
        if issue is not None:
            assert issue.created < datetime.fromisoformat(named[key]["createdAt"].replace("Z", "+00:00"))
            assert all(change.at <= AS_OF for change in issue.changes)
