"""What code knows about the risk of a pull request: size, areas, tests, upgrades, migrations, reverts."""

import re

from tasks.llm.rules.paths import DEPENDENCY, DOCS, SOURCE, TEST, kind_of
from tasks.llm.rules.pull_request import PullRequest
from warehouse.metrics.size import is_generated

# As in the metrics, a pull request of 400 lines is large.
LARGE_LINES = 400
SMALL_LINES = 10
MIN_AREAS = 4
# A change of fewer lines of source needs no test to be mentioned.
MIN_LINES_FOR_TESTS = 20

MAJOR_UPGRADE = re.compile(r"\b(?:from|to) v?(\d{1,6})\.[\w.+-]*\s+to v?(\d{1,6})\.", re.IGNORECASE)
_MIGRATION = re.compile(r"(^|/)(migrations?|alembic|flyway|liquibase|db/migrate)/", re.IGNORECASE)


def is_major_upgrade(title: str) -> bool:
    """Return True if a title names two versions of different major numbers."""
    found = MAJOR_UPGRADE.search(title)
    return found is not None and found.group(1) != found.group(2)


def find_risk_facts(pull_request: PullRequest, *, is_revert: bool) -> tuple[str, ...]:
    """Return the facts that apply, by title and files; generated and lock files count only as dependencies."""
    written = [file for file in pull_request.files if not is_generated(file.path)]
    kinds = {kind_of(file.path) for file in written}
    lines = (
        sum(file.lines for file in written) if pull_request.files else pull_request.additions + pull_request.deletions
    )
    source_lines = sum(file.lines for file in written if kind_of(file.path) == SOURCE)
    areas = {file.path.split("/", 1)[0] for file in written if "/" in file.path}
    facts = {
        "large_change": lines >= LARGE_LINES,
        "many_areas": len(areas) >= MIN_AREAS,
        "no_tests": source_lines >= MIN_LINES_FOR_TESTS and TEST not in kinds,
        "migration": any(_MIGRATION.search(file.path) for file in written),
        "major_upgrade": is_major_upgrade(pull_request.title),
        "dependency_update": any(kind_of(file.path) == DEPENDENCY for file in pull_request.files),
        "reverts_earlier_change": is_revert,
        "tests_only": kinds == {TEST},
        "docs_only": kinds == {DOCS},
        "small_change": bool(written) and lines <= SMALL_LINES,
    }
    return tuple(name for name, applies in facts.items() if applies)
