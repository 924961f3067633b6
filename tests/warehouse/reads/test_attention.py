"""Which open pull requests wait, since when, and whose turn it is."""

from datetime import timedelta

from tests.warehouse.events.rows import NOW, put, put_repositories, put_team
from warehouse.connection import Warehouse
from warehouse.reads.attention import read_attention
from warehouse.reads.reviews import read_open_turns

DAY = timedelta(days=1)

# Ready, last review and the beginning of the turn: days before now.
CASES = """
number | ready | review          | turn     | asked | whose  | todo              | since
1      | 9     | -               | review 9 | bob   | bob    | review it         | 9
2      | 8     | -               | review 8 | -     | anyone | review it         | 8
3      | 8     | bob APPROVED 7  | merge 7  | -     | ann    | merge it          | 7
4      | 8     | bob CHANGES 6   | author 6 | -     | ann    | answer the review | 6
5      | 8     | bob CHANGES 7   | review 5 | -     | bob    | review it         | 5
6      | 8     | bob COMMENTED 4 | author 4 | eve   | ann    | answer the review | 4
7      | 1     | -               | review 1 | bob   | -      | -                 | -
8      | 99    | -               | review 8 | bob   | -      | -                 | -
9      | 9     | -               | draft 9  | bob   | -      | -                 | -
"""
VERDICTS = {"CHANGES": "CHANGES_REQUESTED"}


def days(text: str) -> object:
    return NOW - int(text) * DAY


def put_case(warehouse: Warehouse, case: dict[str, str]) -> None:
    id_, ready = f"PR_{case['number']}", days(case["ready"])
    row = {"pull_request_id": id_, "team_id": "acme", "repository_id": "R_web", "number": int(case["number"])}
    state = {"state": "OPEN", "is_draft": False, "is_bot": False, "excluded_by": None, "author_login": "ann"}
    put(warehouse, "pull_request_metrics", row | state | {"ready_at": ready, "last_activity_at": ready})
    author = {"title": "Add a cache", "author_login": "ann", "author_kind": "User", "repository_id": "R_web"}
    author |= {"number": row["number"]}
    asked = [] if case["asked"] == "-" else [case["asked"]]
    put(warehouse, "pull_requests", {"id": id_, "team_id": "acme", "requested_reviewers": asked} | author)
    turn, since = case["turn"].split()
    segment = {"team_id": "acme", "pull_request_id": id_, "login": None}
    put(warehouse, "turns", segment | {"place": 1, "turn": "author", "started_at": days("99")})
    put(warehouse, "turns", segment | {"place": 2, "turn": turn, "started_at": days(since)})
    if case["review"] != "-":
        login, verdict, at = case["review"].split()
        review = {"id": id_, "team_id": "acme", "pull_request_id": id_, "author_login": login, "author_kind": "User"}
        put(warehouse, "reviews", review | {"state": VERDICTS.get(verdict, verdict), "submitted_at": days(at)})


def test_whose_turn_it_is_and_since_when(warehouse: Warehouse) -> None:
    names, *lines = (tuple(cell.strip() for cell in line.split("|")) for line in CASES.strip().splitlines())
    cases = [dict(zip(names, line, strict=True)) for line in lines]
    put_team(warehouse)
    put_repositories(warehouse, "web")
    for case in cases:
        put_case(warehouse, case)
    found = {str(row["number"]): row for row in read_attention(warehouse, "acme", NOW).to_dicts()}
    assert list(found) == ["1", "2", "3", "4", "5", "6"], "the longest wait first"
    for case in cases:
        if case["todo"] != "-":
            row = found[case["number"]]
            assert (", ".join(row["whose"] or ["anyone"]), row["todo"]) == (case["whose"], case["todo"]), case
            assert row["turn_since"] == days(case["since"]), case


def test_a_turn_is_forgotten_if_nobody_has_touched_the_pull_request_for_90_days(warehouse: Warehouse) -> None:
    names = [name.strip() for name in CASES.strip().splitlines()[0].split("|")]
    put_team(warehouse)
    put_repositories(warehouse, "web")
    for number, ready in (("1", "89"), ("2", "90"), ("3", "200")):
        case = dict.fromkeys(names, "-") | {"number": number, "ready": ready, "turn": f"review {ready}"}
        put_case(warehouse, case)
        put(warehouse, "pull_request_metrics", {"pull_request_id": f"PR_{number}", "team_id": "acme", "as_of": NOW})
    turns = read_open_turns(warehouse, "acme").sort("number")
    assert turns["is_forgotten"].to_list() == [False, True, True]
