"""The benchmark over real pull requests says where something differs."""

from benchmarks.recorded import compare_with_file
from warehouse.connection import Warehouse

LINE = {
    "pull": {
        "number": 1,
        "title": "Begin",
        "state": "open",
        "draft": False,
        "created_at": "2026-08-20T10:00:00Z",
        "updated_at": "2026-08-20T10:00:00Z",
        "additions": 1,
        "deletions": 0,
        "changed_files": 1,
        "commits": 1,
        "comments": 0,
        "base": {"sha": "b"},
        "head": {"sha": "h", "repo": None},
    },
    "events": [{"event": "closed", "created_at": "2026-08-20T11:00:00Z"}],
    "comments": [],
}
INSERT = """
INSERT INTO pull_requests (id, number, title, state, is_draft, created_at, updated_at, additions, deletions,
                           changed_files, base_ref_oid, head_ref_oid)
VALUES ('PR_1', 1, 'Begin', 'OPEN', false, '2026-08-20T10:00:00Z', '2026-08-20T10:00:00Z', 1, 0, 1, 'b', 'h')
"""


def differing(warehouse: Warehouse) -> list[str]:
    return [one.what for one in compare_with_file(warehouse, [LINE]) if not one.is_equal]


def test_what_is_not_stored_differs_and_what_is_stored_as_it_was_does_not(warehouse: Warehouse) -> None:
    assert len(differing(warehouse)) == 8
    with warehouse.cursor() as cursor:
        cursor.execute(INSERT)
        assert differing(warehouse) == ["commits, by GitHub's counter", "timeline events, each by kind and time"]
        cursor.execute("INSERT INTO commits (pull_request_id, oid) VALUES ('PR_1', 'h')")
        cursor.execute(
            "INSERT INTO timeline_events (id, pull_request_id, kind, created_at) "
            "VALUES ('E_1', 'PR_1', 'Closed', '2026-08-20T11:00:00Z')"
        )
    assert differing(warehouse) == []
