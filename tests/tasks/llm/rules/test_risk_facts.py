"""Facts about risk, which code knows and no model is asked for."""

from typing import Any

import pytest

from tasks.llm.rules.pull_request import ChangedFile
from tasks.llm.rules.rules import apply_rules


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"files": (ChangedFile("src/a.py", 28, 5), ChangedFile("tests/test_a.py", 2))}, set()),
        ({"files": (ChangedFile("src/a.py", 28, 5),)}, {"no_tests"}),
        ({"files": (ChangedFile("src/a.py", 8, 1),)}, {"small_change"}),
        ({"files": (ChangedFile("src/a.py", 400), ChangedFile("tests/test_a.py", 2))}, {"large_change"}),
        ({"files": (ChangedFile("src/a.py", 8, 3), ChangedFile("yarn.lock", 900))}, {"dependency_update"}),
        ({"files": (ChangedFile("web/__snapshots__/a.snap", 900), ChangedFile("tests/a_test.go", 30))}, {"tests_only"}),
        ({"files": (ChangedFile("docs/a.md", 30),)}, {"docs_only"}),
        (
            {"files": tuple(ChangedFile(f"{folder}/tests/test_a.py", 9) for folder in "abcd")},
            {"many_areas", "tests_only"},
        ),
        ({"files": (ChangedFile("db/migrations/0042.sql", 12), ChangedFile("tests/a_test.go", 1))}, {"migration"}),
        ({"title": "Move from 1.4 to 2.0", "files": ()}, {"major_upgrade"}),
        ({"title": "Move from 1.4 to 1.5", "files": ()}, set()),
        ({"title": 'Revert "Cache"', "body": "Reverts #41, why.", "files": ()}, {"reverts_earlier_change"}),
        ({"files": (), "additions": 500}, {"large_change"}),
    ],
)  # fmt: skip
def test_facts_come_from_title_and_files(pull_request: Any, changes: dict[str, Any], facts: set[str]) -> None:
    assert set(apply_rules(pull_request(**changes)).risk_facts) == facts
