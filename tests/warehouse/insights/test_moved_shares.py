"""Shares that moved are said with their direction and severity, and the pull requests behind them."""

import polars as pl
import pytest

from tests.warehouse.insights.team import AS_OF_LONG, LONG, Habit, look, make_team
from warehouse.insights import moved_shares
from warehouse.insights.evidence import Evidence, Finding

TEAM = look(make_team(Habit("api", prs=9, pickup=5, later=5), weeks=LONG), AS_OF_LONG)
RECENT = pl.col("merged_at") >= TEAM.recent[0].starts_at
EVERY_THIRD = pl.col("number") % 3 == 0


def find_after(**columns: pl.Expr) -> list[Finding]:
    """Find in a steady team whose columns were changed."""
    changed = TEAM.pull_requests.with_columns(**columns)
    return moved_shares.find(Evidence(TEAM.team_id, TEAM.as_of, TEAM.names, changed, TEAM.recent, TEAM.before))


def test_a_steady_team_gives_no_finding() -> None:
    assert find_after() == []


def test_merges_without_review_are_said_as_such() -> None:
    [finding] = find_after(is_reviewed=~(RECENT & EVERY_THIRD))
    assert finding.title == "More pull requests are merged without review: 33 %, up from 0 %."
    assert finding.detail.startswith("Of 36 merged in the 4 weeks from 28 September to 25 October, ")
    assert finding.detail.endswith("For the same repositories and authors: +33 points (95 % interval +22 to +44).")
    assert finding.severity == "warning"
    assert len(finding.pull_request_ids) == 12


@pytest.mark.parametrize(
    ("columns", "title", "severity"),
    [
        (
            {"is_reviewed": RECENT | ~EVERY_THIRD},
            "Fewer pull requests are merged without review: 0 %, down from 33 %.",
            "good",
        ),
        (
            {"size_lines": pl.when(RECENT & EVERY_THIRD).then(900).otherwise(10)},
            "More of the merged pull requests are large: 33 %, up from 0 %.",
            "warning",
        ),
        (
            {"size_lines": pl.when(~RECENT & EVERY_THIRD).then(900).otherwise(10)},
            "Fewer of the merged pull requests are large: 0 %, down from 33 %.",
            "good",
        ),
        (
            {"is_reverted": RECENT & EVERY_THIRD},
            "More of the merged pull requests are reverted: 33 %, up from 0 %.",
            "warning",
        ),
        (
            {"ai_level": pl.when(RECENT & EVERY_THIRD).then(pl.lit("assisted")).otherwise(pl.lit("none"))},
            "More of the merged pull requests show signs of AI: 33 %, up from 0 %.",
            "info",
        ),
    ],
)
def test_each_share_has_its_sentence(columns: dict[str, pl.Expr], title: str, severity: str) -> None:
    [finding] = find_after(**columns)
    assert (finding.title, finding.severity) == (title, severity)


def test_fewer_reverts_of_recent_work_are_no_news_yet() -> None:
    assert find_after(is_reverted=~RECENT & EVERY_THIRD) == []
