"""The invented organisation: the same each time, consistent, and like a real one."""

import re
from collections import Counter
from datetime import UTC, datetime
from statistics import median
from typing import Any

import pytest

from simulators.github.store.records import seconds
from simulators.github.story import cast, phrases
from simulators.github.story.organisation import Organisation, make_organisation

AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def pulls(northwind: Organisation) -> list[Any]:
    return list(northwind.pull_requests())


def by_people(pulls: list[Any]) -> list[Any]:
    return [record for record in pulls if record["author"] and record["author"]["__typename"] == "User"]


def timestamps(value: Any) -> list[str]:
    """Yield every timestamp in a record, except those of people, repositories and issues."""
    if isinstance(value, list):
        return [at for each in value for at in timestamps(each)]
    if not isinstance(value, dict) or value.get("__typename") in ("User", "Bot", "Repository", "Issue", "Label"):
        return []
    own = [each for name, each in value.items() if name.endswith(("At", "Date", "date")) and isinstance(each, str)]
    return own + [at for each in value.values() for at in timestamps(each)]


# -- true to itself ----------------------------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_organisation(acme: Organisation) -> None:
    again = make_organisation(3, AS_OF, repositories=2, pull_requests=60, login="acme")
    assert [dict(record) for record in acme.pull_requests()] == [dict(record) for record in again.pull_requests()]


def test_another_seed_makes_another(acme: Organisation) -> None:
    other = make_organisation(4, AS_OF, repositories=2, pull_requests=60, login="acme")
    assert [each["title"] for each in acme.pull_requests()] != [each["title"] for each in other.pull_requests()]


def test_updated_at_is_the_time_of_the_newest_event(pulls: list[Any]) -> None:
    for record in pulls:
        others = {name: value for name, value in record.items() if name not in ("updatedAt", "repository")}
        assert max(timestamps(others)) == record["updatedAt"]


def test_nothing_happens_after_as_of(pulls: list[Any]) -> None:
    assert max(record["updatedAt"] for record in pulls) <= "2026-08-22T12:00:00Z"


def test_what_a_scan_reads_is_what_a_fetch_reads(northwind: Organisation) -> None:
    fresh = make_organisation(7, AS_OF, login="northwind")
    for repository in fresh.repositories:
        for record in fresh.pull_requests_of(repository):
            light = dict(record)
            assert "title" not in light
            whole = northwind.pull_request(northwind.full_name(repository), record["number"])
            assert {name: whole[name] for name in light if name != "repository"} == {
                name: value for name, value in light.items() if name != "repository"
            }


def test_what_was_reverted_says_by_which_pull_request(northwind: Organisation, pulls: list[Any]) -> None:
    reverts = [record for record in pulls if record["body"].startswith("Reverts ")]
    found = {
        (record["repository"]["name"], each["sourceNumber"]): record["number"]
        for record in pulls
        for each in record["timelineItems"]
        if each["__typename"] == "CrossReferencedEvent"
    }
    assert len(found) == len(reverts) > 5
    for revert in reverts:
        assert f"#{found[revert['repository']['name'], revert['number']]}" in revert["body"]


def test_what_is_deployed_was_merged_and_every_status_follows_the_one_before(northwind: Organisation) -> None:
    merged = {record["mergeCommitOid"] for record in northwind.pull_requests() if record["state"] == "MERGED"}
    for repository in northwind.repositories:
        for each in northwind.deliveries_of(repository).deployments:
            times = [status["createdAt"] for status in reversed(each["statuses"])]
            assert each["commitOid"] in merged
            assert times == sorted(times)
            assert each["createdAt"] == times[0]
            assert each["updatedAt"] == times[-1] <= northwind.as_of


def test_deployments_to_production_sometimes_fail_and_are_put_right(northwind: Organisation) -> None:
    states = Counter(
        status["state"]
        for repository in northwind.repositories
        for each in northwind.deliveries_of(repository).deployments
        if each["environment"] == "production"
        for status in each["statuses"]
    )
    assert states["SUCCESS"] > 300
    assert 0.02 < states["FAILURE"] / states["SUCCESS"] < 0.08


def test_the_app_is_released_by_the_week_each_time_after_a_candidate(northwind: Organisation) -> None:
    mobile = northwind.repository("northwind/mobile")
    assert mobile is not None
    releases = northwind.deliveries_of(mobile).releases
    assert len([each for each in releases if not each["isPrerelease"]]) > 12
    assert [each["tagName"] for each in releases[:2]] == ["v2.4.0-rc.1", "v2.4.0"]
    assert [each["isLatest"] for each in releases].count(True) == 1


def test_states_and_times_agree(pulls: list[Any]) -> None:
    for record in pulls:
        assert (record["mergedAt"] is not None) is (record["state"] == "MERGED")
        assert (record["closedAt"] is not None) is (record["state"] != "OPEN")
        assert record["createdAt"] <= (record["closedAt"] or record["updatedAt"])


def test_lines_are_those_of_the_files(pulls: list[Any]) -> None:
    for record in pulls:
        assert record["changedFiles"] == len(record["files"]) > 0
        assert record["additions"] == sum(each["additions"] for each in record["files"])
        assert len({each["path"] for each in record["files"]}) == len(record["files"])


def test_ids_are_unique_and_lead_to_their_record(northwind: Organisation, pulls: list[Any]) -> None:
    parts = [
        part
        for record in pulls
        for part in [
            *record["reviews"],
            *record["comments"],
            *record["commits"],
            *record["timelineItems"],
            *record["reviewThreads"],
            *(each for t in record["reviewThreads"] for each in t["comments"]),
        ]
    ]
    assert len({part["id"] for part in parts}) == len(parts) > 5_000
    for part in parts[::50]:
        assert northwind.node(part["id"]) is part


def test_forgotten_records_are_built_again_the_same() -> None:
    """Beyond 5,000 built pull requests the oldest are dropped."""
    large = make_organisation(5, AS_OF, pull_requests=5_400)
    first = next(large.pull_requests())
    before = dict(first)
    for record in large.pull_requests():
        assert record["title"]
    assert "title" not in dict(first)
    assert dict(first.build()) == before


# -- like a real one ---------------------------------------------------------------------------------------------------


def test_it_has_six_repositories_and_about_1200_pull_requests(northwind: Organisation, pulls: list[Any]) -> None:
    assert [each["name"] for each in northwind.repositories] == [plan.name for plan in cast.REPOSITORIES]
    assert len(pulls) == 1_200
    assert min(record["createdAt"] for record in pulls) >= "2026-04-24"


def test_half_of_what_people_merge_takes_about_a_day_and_some_takes_weeks(pulls: list[Any]) -> None:
    hours = sorted(
        (seconds(record["mergedAt"]) - seconds(record["commits"][0]["commit"]["authoredDate"])) / 3600
        for record in by_people(pulls)
        if record["state"] == "MERGED"
    )
    assert 15 < median(hours) < 32
    assert hours[int(len(hours) * 0.9)] > 2.5 * median(hours)
    assert hours[-1] > 7 * 24


def test_weekends_are_quiet(pulls: list[Any]) -> None:
    days = Counter(datetime.fromisoformat(record["createdAt"]).weekday() for record in by_people(pulls))
    assert (days[5] + days[6]) / 2 < 0.15 * days[1]


def test_sizes_are_log_normal(pulls: list[Any]) -> None:
    sizes = sorted(record["additions"] + record["deletions"] for record in by_people(pulls))
    assert 40 < median(sizes) < 110
    assert sizes[int(len(sizes) * 0.9)] > 250
    assert sizes[-1] > 1_500


def test_it_has_drafts_ghosts_forks_and_deleted_forks(pulls: list[Any]) -> None:
    assert any(record["isDraft"] and record["state"] == "OPEN" for record in pulls)
    assert any(record["author"] is None for record in pulls)
    assert any(record["isCrossRepository"] and record["headRepository"] for record in pulls)
    assert any(record["headRepository"] is None for record in pulls)


def test_it_has_bots_of_every_kind(pulls: list[Any]) -> None:
    authors = {record["author"]["login"] for record in pulls if record["author"]}
    assert {"dependabot", "renovate", "copilot-swe-agent", "devin-ai-integration"} <= authors
    reviewers = {each["author"]["login"] for record in pulls for each in record["reviews"] if each["author"]}
    assert set(cast.AI_REVIEWERS) <= reviewers


def test_a_bot_of_type_user_responds_within_a_minute(pulls: list[Any]) -> None:
    answers = [
        (each["author"]["__typename"], seconds(each["createdAt"]) - seconds(record["createdAt"]))
        for record in pulls
        for each in record["comments"]
        if each["author"] and each["author"]["login"] == cast.CI_BOT
    ]
    assert len(answers) > 100
    assert {kind for kind, _ in answers} == {"User"}
    assert max(after for _, after in answers) < 60


AGENTS = {
    "author": lambda record: (record["author"] or {}).get("login") in ("copilot-swe-agent", "devin-ai-integration"),
    "branch": lambda record: record["headRefName"].startswith(("codex/", "cursor/", "copilot/", "devin/", "claude/")),
    "commit author": lambda record: record["commits"][0]["commit"]["author"]["email"] == "cursoragent@cursor.com",
    "trailer": lambda record: any("Co-Authored-By: Claude" in each["commit"]["message"] for each in record["commits"]),
    "body": lambda record: "Generated with [Claude Code]" in record["body"] or "chatgpt.com/codex" in record["body"],
    "template box": lambda record: "- [x] An AI assistant" in record["body"],
}


@pytest.mark.parametrize("place", AGENTS)
def test_agents_leave_their_marks_in_each_place(pulls: list[Any], place: str) -> None:
    assert 5 <= sum(map(AGENTS[place], pulls)) < 200


def test_no_agent_is_found_by_its_text_alone(pulls: list[Any]) -> None:
    by_branch = [record for record in pulls if AGENTS["branch"](record)]
    assert any(not AGENTS["body"](record) for record in by_branch)


def test_reverts_are_written_as_github_writes_them(northwind: Organisation, pulls: list[Any]) -> None:
    reverts = [record for record in pulls if record["body"].startswith("Reverts ")]
    assert len(reverts) > 5
    for record in reverts:
        name = northwind.full_name(record["repository"])
        number = int(re.fullmatch(rf"Reverts {name}#(\d+)", record["body"])[1])  # type: ignore[index]
        target = northwind.pull_request(name, number)
        assert record["title"] == f'Revert "{target["title"]}"'
        assert record["headRefName"] == f"revert-{number}-{target['headRefName']}"
        assert target["mergedAt"] < record["createdAt"]


def test_reverts_are_written_as_git_and_people_write_them_too(northwind: Organisation, pulls: list[Any]) -> None:
    oids = {record["mergeCommitOid"]: record for record in pulls if record["mergeCommitOid"]}
    styles = set()
    for record in pulls:
        if found := re.search(r"^This reverts commit ([0-9a-f]{40})\.$", record["body"], re.MULTILINE):
            target = oids[found[1]]
            titles = {
                f'Revert "{target["title"]} (#{target["number"]})"': "git",
                f"revert: {target['title']}": "by hand",
            }
            styles.add(titles[record["title"]])
    assert styles == {"git", "by hand"}


def test_some_are_merged_by_a_queue_automatically_or_by_a_bot_that_closes_them(pulls: list[Any]) -> None:
    kinds: dict[str, list[Any]] = {}
    for record in pulls:
        for event in record["timelineItems"]:
            kinds.setdefault(event["__typename"], []).append((record, event))
        times = [event["createdAt"] for event in record["timelineItems"]]
        assert times == sorted(times)
    assert {record["mergedBy"]["login"] for record, _ in kinds["AddedToMergeQueueEvent"]} == {"github-merge-queue"}
    assert {record["author"]["__typename"] for record, _ in kinds["AutoSquashEnabledEvent"]} == {"Bot"}
    landed = [record for record, _ in kinds["RenamedTitleEvent"]]
    assert {(record["state"], record["mergedAt"]) for record in landed} == {("CLOSED", None)}
    closers = {event["closer"]["__typename"] for _, event in kinds["ClosedEvent"] if event.get("closer")}
    assert closers == {"Commit"}
    for record, event in kinds["ReviewDismissedEvent"]:
        assert (event["review"]["state"], event["previousReviewState"]) == ("DISMISSED", "APPROVED")
        assert event["review"]["submittedAt"] < event["createdAt"] < record["mergedAt"]


def test_a_repository_takes_its_default_branch_to_another_every_other_week(pulls: list[Any]) -> None:
    releases = [record for record in pulls if record["baseRefName"] == "production"]
    assert {record["headRefName"] for record in releases} == {"main"}
    assert 7 <= len(releases) <= 9
    assert {record["headRef"] is not None for record in releases} == {True}


def test_there_are_hotfixes_and_most_of_them_after_the_bad_release(pulls: list[Any]) -> None:
    fixes = [record for record in pulls if record["headRefName"].startswith("hotfix/")]
    then = [record for record in fixes if "2026-07-05" <= record["createdAt"] < "2026-07-09"]
    assert len(fixes) > 12
    assert len(then) > 4


def test_titles_are_hostile_here_and_there(pulls: list[Any]) -> None:
    assert len({record["title"] for record in pulls} & set(phrases.HOSTILE_TITLES)) >= 8


def test_some_titles_are_conventional_and_some_are_not(pulls: list[Any]) -> None:
    share = sum(bool(re.match(r"[a-z]+(\(\w+\))?: ", record["title"])) for record in pulls) / len(pulls)
    assert 0.3 < share < 0.75


def test_some_reviews_are_long(pulls: list[Any]) -> None:
    assert max(len(record["reviewThreads"]) for record in pulls) >= 20
    assert max(len(thread["comments"]) for record in pulls for thread in record["reviewThreads"]) >= 2


def first_review_hours(pulls: list[Any], repository: str, start: str, end: str) -> float:
    waits = [
        (min(reviews) - seconds(record["createdAt"])) / 3600
        for record in by_people(pulls)
        if record["repository"]["name"] == repository and start <= record["createdAt"] < end
        if (
            reviews := [
                seconds(each["submittedAt"])
                for each in record["reviews"]
                if each["author"] and each["author"]["__typename"] == "User"
            ]
        )
    ]
    return median(waits)


def test_the_story_reviews_of_payments_wait_longer_in_the_last_weeks(pulls: list[Any]) -> None:
    before = first_review_hours(pulls, "payments", "2026-04-24", "2026-08-01")
    now = first_review_hours(pulls, "payments", "2026-08-01", "2026-08-23")
    assert now > 1.7 * before
    elsewhere = first_review_hours(pulls, "storefront", "2026-08-01", "2026-08-23")
    assert elsewhere < 1.5 * first_review_hours(pulls, "storefront", "2026-04-24", "2026-08-01")


def test_the_story_the_main_reviewer_of_payments_is_away(pulls: list[Any]) -> None:
    last = max(
        each["submittedAt"]
        for record in pulls
        for each in record["reviews"]
        if each["author"] and each["author"]["login"] == cast.AWAY
    )
    assert last < "2026-08-05"


def test_it_can_be_large(northwind: Organisation) -> None:
    large = make_organisation(1, AS_OF.astimezone(UTC), repositories=14, pull_requests=3_000)
    assert len(large.repositories) == 14
    assert sum(len(large.pull_requests_of(each)) for each in large.repositories) == 3_000
    assert large.repositories[7]["name"] == "orders-api-2"
