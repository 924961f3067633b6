"""Whose turn it was: the segments of a pull request's open life."""

import polars as pl
import pytest
from hypothesis import given, settings

from tests.recorded_data import SECP256K1
from tests.warehouse.metrics.recorded import AS_OF as RECORDED_AS_OF
from tests.warehouse.metrics.recorded import read_secp256k1
from tests.warehouse.metrics.tables import AS_OF, draw, make_facts, parse
from tests.warehouse.metrics.test_phases import any_facts
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.facts import Facts
from warehouse.metrics.life.turns import compute_turns


def check(expected: str, **tables: str) -> None:
    turns = compute_turns(make_facts(**tables), AS_OF).sort("pull_request_id", "place")
    assert draw(turns, expected) == parse(expected)


LIFE = {
    "pull_requests": "pr | by | opened | merged\n1 | ann | Mon 09:00 | Mon2 09:00",
    "timeline_events": """
        pr | kind            | subject | at
        1  | ReadyForReview  | -       | Mon 12:00
        1  | ReviewRequested | bob     | Mon 12:00
    """,
    "reviews": """
        pr | by  | at        | state
        1  | bob | Tue 12:00 | CHANGES_REQUESTED
        1  | bob | Fri 12:00 | APPROVED
    """,
    "commits": """
        pr | authored  | committed
        1  | Mon 08:00 | Mon 08:00
        1  | Thu 12:00 | Thu 12:00
    """,
}


def test_a_life_goes_from_draft_to_the_reviewer_to_the_author_and_back_and_to_the_merge() -> None:
    check(
        """
        pr | place | turn   | login | started_at | ended_at   | hours
        1  | 1     | draft  | -     | Mon 09:00  | Mon 12:00  | 3
        1  | 2     | review | bob   | Mon 12:00  | Tue 12:00  | 24
        1  | 3     | author | ann   | Tue 12:00  | Thu 12:00  | 48
        1  | 4     | review | bob   | Thu 12:00  | Fri 12:00  | 24
        1  | 5     | merge  | -     | Fri 12:00  | Mon2 09:00 | 69
        """,
        **LIFE,
    )


def test_the_hours_of_each_turn_are_those_of_its_segments_and_null_for_a_turn_that_never_was() -> None:
    facts = make_facts(**LIFE | {"reviews": "pr | by | at\n1 | bob | Tue 12:00"})
    expected = """
        pr | draft_hours | waiting_on_review_hours | waiting_on_author_hours | waiting_on_merge_hours
        1  | 3           | 117                     | 48                      | -
    """
    assert draw(compute_pull_request_metrics(facts, AS_OF), expected) == parse(expected)


def test_nothing_is_anybodys_turn_while_it_is_closed_and_an_open_one_waits_until_now() -> None:
    check(
        """
        pr | turn   | login | started_at | ended_at
        1  | review | -     | Mon 09:00  | Tue 09:00
        1  | review | -     | Mon2 09:00 | Wed3 00:00
        """,
        pull_requests="pr | opened\n1 | Mon 09:00",
        timeline_events="""
            pr | kind     | at
            1  | Closed   | Tue 09:00
            1  | Reopened | Mon2 09:00
        """,
    )


def test_a_comment_by_another_person_is_for_the_author_to_answer_and_one_by_a_bot_is_not() -> None:
    check(
        """
        pr | turn   | login | started_at | ended_at
        1  | review | -     | Mon 09:00  | Wed 09:00
        1  | author | ann   | Wed 09:00  | Thu 09:00
        1  | review | -     | Thu 09:00  | Wed3 00:00
        """,
        pull_requests="pr | by | opened\n1 | ann | Mon 09:00",
        comments="""
            pr | by      | at
            1  | rustbot | Tue 09:00
            1  | bob     | Wed 09:00
            1  | ann     | Thu 09:00
        """,
    )


def test_a_dismissed_approval_and_a_request_for_changes_take_the_turn_from_the_merge() -> None:
    check(
        """
        pr | turn   | started_at | ended_at
        1  | review | Mon 09:00  | Tue 09:00
        1  | merge  | Tue 09:00  | Wed 09:00
        1  | review | Wed 09:00  | Thu 09:00
        1  | merge  | Thu 09:00  | Fri 09:00
        1  | author | Fri 09:00  | Wed3 00:00
        """,
        pull_requests="pr | opened\n1 | Mon 09:00",
        reviews="""
            id | pr | by  | at        | state
            v1 | 1  | bob | Tue 09:00 | DISMISSED
            v2 | 1  | bob | Thu 09:00 | APPROVED
            v3 | 1  | cid | Fri 09:00 | CHANGES_REQUESTED
        """,
        timeline_events="""
            pr | kind            | subject | previous_value | at
            1  | ReviewDismissed | v1      | APPROVED       | Wed 09:00
        """,
    )


def _check_sums(facts: Facts, turns: pl.DataFrame) -> None:
    assert turns.filter(pl.col("hours") <= 0).is_empty()
    in_order = turns.sort("pull_request_id", "place")
    after = pl.col("started_at") - pl.col("ended_at").shift(1).over("pull_request_id")
    assert in_order.select((after.dt.total_seconds() >= 0).fill_null(value=True).all()).item()
    is_reopened = facts.timeline_events.filter(pl.col("kind").is_in(["Closed", "Reopened"]))
    whole = facts.pull_requests.join(is_reopened, left_on="id", right_on="pull_request_id", how="anti")
    lives = whole.select(
        pull_request_id="id",
        life=(pl.coalesce("merged_at", "closed_at", pl.lit(RECORDED_AS_OF)) - pl.col("created_at")).dt.total_seconds(),
    )
    sums = turns.group_by("pull_request_id").agg((pl.col("hours").sum() * 3600).round().alias("sum"))
    both = lives.filter(pl.col("life") > 0).join(sums, on="pull_request_id", how="left")
    assert both.filter((pl.col("life") - pl.col("sum")).abs().fill_null(10) > 1).is_empty()


@settings(max_examples=40, deadline=None)
@given(any_facts())
def test_the_segments_sum_to_the_open_time_whatever_happened(facts: Facts) -> None:
    _check_sums(facts, compute_turns(facts, RECORDED_AS_OF))


@pytest.mark.skipif(not SECP256K1.exists(), reason=f"the recorded pull requests are not at {SECP256K1}")
def test_the_segments_of_all_real_prs_of_secp256k1_sum_to_their_open_time() -> None:
    facts = read_secp256k1()
    turns = compute_turns(facts, RECORDED_AS_OF)
    assert turns["pull_request_id"].n_unique() == 1308
    _check_sums(facts, turns)
    assert set(turns["turn"]) == {"author", "review", "merge", "draft"}
