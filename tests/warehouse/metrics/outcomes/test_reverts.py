"""Which pull requests were reverted, looked up among the merged ones."""

from tests.warehouse.metrics.tables import AS_OF, make_facts
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.outcomes.reverts import find_reverted

HASH = "3f786850e387550fdab836ed7e6dc881de23001b"


def reverted(**tables: str) -> list[str]:
    return find_reverted(make_facts(**tables))["pull_request_id"].to_list()


def test_a_merge_commit_and_each_commit_of_a_pull_request_name_it() -> None:
    assert reverted(
        pull_requests=f"""
            pr | title | body                          | merge_commit_oid | opened    | merged
            1  | One   | -                             | {HASH}           | Mon 09:00 | Mon 10:00
            2  | Two   | -                             | -                | Mon 09:00 | Mon 10:00
            3  | Three | -                             | ccccccc3         | Mon 09:00 | Mon 10:00
            4  | Undo  | This reverts commit {HASH}.   | -                | Tue 09:00 | Tue 10:00
            5  | Undo  | This reverts commit bbbbbbb1. | -                | Tue 09:00 | Tue 10:00
            6  | Undo  | This reverts commit ccccccc4. | -                | Tue 09:00 | Tue 10:00
        """,
        commits="""
            pr | oid       | authored
            2  | bbbbbbb1a | Mon 08:00
            5  | bbbbbbb1a | Mon 08:00
        """,
    ) == ["1", "2"]


def test_the_commit_that_a_bot_landed_names_the_pull_request_that_it_closed() -> None:
    facts = make_facts(
        pull_requests="""
            pr | title | body                          | opened    | merged    | closed
            1  | One   | -                             | Mon 09:00 | -         | Mon 10:00
            2  | Undo  | This reverts commit aaaaaaa1. | Tue 09:00 | Tue 10:00 | Tue 10:00
        """,
        timeline_events="""
            pr | kind   | actor_login | subject  | at
            1  | Closed | lander      | aaaaaaa1 | Mon 10:00
        """,
    )
    metrics = compute_pull_request_metrics(facts, AS_OF).sort("pull_request_id")
    assert metrics["is_reverted"].to_list() == [True, False]


def test_a_revert_that_is_reverted_does_not_count_and_one_that_comes_back_does() -> None:
    pull_requests = """
        pr | title                  | body       | opened    | merged
        1  | One                    | -          | Mon 09:00 | Mon 10:00
        2  | Revert "One"           | Reverts #1 | Tue 09:00 | Tue 10:00
        3  | Revert "Revert "One""  | Reverts #2 | Wed 09:00 | Wed 10:00
    """
    assert reverted(pull_requests=pull_requests) == ["2"]
    fourth = "4 | Revert #3 | - | Thu 09:00 | Thu 10:00"
    assert reverted(pull_requests=pull_requests.rstrip() + f"\n{fourth}") == ["1", "3"]


def test_git_takes_a_revert_back_by_the_word_reapply() -> None:
    assert reverted(
        pull_requests="""
            pr | title         | opened    | merged
            1  | One           | Mon 09:00 | Mon 10:00
            2  | Revert "One"  | Tue 09:00 | Tue 10:00
            3  | Reapply "One" | Wed 09:00 | Wed 10:00
        """,
    ) == ["2"]


def test_a_quote_is_of_the_title_that_it_had_then() -> None:
    assert reverted(
        pull_requests="""
            pr | title              | opened    | merged
            1  | Cache the listings | Mon 09:00 | Mon 10:00
            2  | Revert "One"       | Tue 09:00 | Tue 10:00
        """,
        timeline_events="""
            pr | kind         | previous_value | subject            | at
            1  | RenamedTitle | One            | Cache the listings | Wed 09:00
        """,
    ) == ["1"]


def test_a_title_names_the_newest_of_that_title_and_a_number_in_it_the_one_of_that_number() -> None:
    pull_requests = """
        pr | title     | opened    | merged
        1  | Bump      | Mon 09:00 | Mon 10:00
        2  | Bump      | Mon 09:00 | Mon 11:00
        3  | Bump (#9) | Mon 09:00 | Mon 12:00
        4  | {title}   | Tue 09:00 | Tue 10:00
    """
    assert reverted(pull_requests=pull_requests.format(title='Revert "Bump"')) == ["2"]
    assert reverted(pull_requests=pull_requests.format(title='Revert "Bump (#1)"')) == ["1"]
    assert reverted(pull_requests=pull_requests.format(title='Revert "Bump (#9)"')) == ["3"]
    assert reverted(pull_requests=pull_requests.format(title="revert: Bump")) == ["2"]


def test_only_what_was_merged_before_is_reverted_and_only_by_what_was_merged() -> None:
    assert (
        reverted(
            pull_requests="""
                pr | title     | opened    | merged
                1  | Revert #2 | Mon 09:00 | Mon 10:00
                2  | Two       | Tue 09:00 | Tue 10:00
                3  | Revert #2 | Wed 09:00 | -
                4  | Revert #4 | Wed 09:00 | Wed 10:00
            """
        )
        == []
    )
