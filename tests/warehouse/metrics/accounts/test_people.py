"""Humans, bots and AI reviewers."""

import pytest

from tests.warehouse.metrics.tables import draw, make_facts, parse
from warehouse.metrics.accounts.people import bot_reason, compute_accounts, find_suspected_bots, is_ai_reviewer


@pytest.mark.parametrize(
    ("login", "kind", "reason"),
    [
        ("github-actions", "Bot", "type"),
        ("dependabot[bot]", "User", "login"),
        ("dependabot[bot]", None, "login"),
        ("DrahtBot", "User", "list"),
        ("k8s-ci-robot", "User", "list"),
        ("renovate-bot", "User", "list"),
        ("dependabot", "Organization", "list"),
        ("coderabbitai", "User", "list"),
        ("robot-dreams", "User", None),
        ("abbott", "User", None),
        ("claude", "User", None),
        ("ghost", "Ghost", None),
        ("ghost", None, None),
    ],
)
def test_a_bot_is_told_by_type_login_or_list_and_never_by_how_its_name_sounds(
    login: str, kind: str | None, reason: str | None
) -> None:
    assert bot_reason(login, kind) == reason


def test_a_team_adds_bots_of_its_own_in_any_case() -> None:
    assert bot_reason("Acme-QA", "User", ["acme-qa"]) == "list"
    assert bot_reason("Acme-QA", "User") is None


@pytest.mark.parametrize(
    ("login", "kind", "expected"),
    [
        ("coderabbitai", "Bot", True),
        ("coderabbitai[bot]", None, True),
        ("copilot-pull-request-reviewer", None, True),
        ("qodo-code-review[bot]", "Bot", True),
        ("augmentcode", "Bot", True),
        ("macroscopeapp", "Bot", True),
        ("claude", "Bot", True),
        ("claude[bot]", "Bot", True),
        ("claude", "User", False),
        ("dependabot", "Bot", False),
        ("sipa", "User", False),
    ],
)
def test_an_ai_reviewer_is_one_by_list_and_common_names_only_as_apps(
    login: str, kind: str | None, expected: bool
) -> None:
    assert is_ai_reviewer(login, kind) is expected


def test_an_account_that_answers_after_the_same_delay_or_is_named_like_a_machine_is_proposed_with_the_evidence() -> (
    None
):
    numbers = range(1, 13)
    opened = "\n".join(["pr | opened", *(f"{pr} | Mon {pr:02}:00" for pr in numbers)])
    delays = [3, 35, 7, 50, 12, 21, 5, 44, 30, 9, 2, 16]
    comments = [f"{pr} | steady | Mon {pr:02}:05" for pr in numbers]
    comments += [f"{pr} | person | Mon {pr:02}:{delay:02}" for pr, delay in zip(numbers, delays, strict=True)]
    comments += ["1 | acme-ci-bot | Mon 04:00", "1 | abbott | Mon 04:00", "1 | robot-dreams | Mon 04:00"]
    facts = make_facts(pull_requests=opened, comments="\n".join(["pr | by | at", *comments]))
    expected = """
        login       | pull_requests_count | quick_share | evidence
        acme-ci-bot | 1                   | -           | named like a machine
        steady      | 12                  | -           | 100 % of 12 answered about 5 min after the opening
    """
    assert draw(find_suspected_bots(facts), expected) == parse(expected)


def test_the_short_code_of_an_enterprise_hides_no_machine_and_makes_none() -> None:
    logins = ("ann_ci", "bob_ci", "cat_ci", "svc-ci_acme", "deploy-bot_acme", "dan_acme", "old_bot")
    opened = "\n".join(["pr | by | opened", *(f"{pr} | {by} | Mon 09:00" for pr, by in enumerate(logins, start=1))])
    suspected = find_suspected_bots(make_facts(pull_requests=opened))["login"].to_list()
    assert suspected == ["deploy-bot_acme", "old_bot", "svc-ci_acme"]


def test_what_a_person_decided_of_an_account_goes_before_the_rules() -> None:
    facts = make_facts(
        pull_requests="""
            pr | by      | opened
            1  | ann     | Mon 09:00
            2  | acme-qa | Mon 09:00
            3  | rustbot | Mon 09:00
        """,
        people="""
            login   | is_bot
            acme-qa | yes
            rustbot | no
            ann     | -
        """,
    )
    expected = """
        login   | is_bot
        acme-qa | yes
        ann     | no
        rustbot | no
    """
    assert draw(compute_accounts(facts).sort("login"), expected) == parse(expected)


def test_a_user_that_answers_ten_prs_within_a_minute_is_proposed_as_a_bot_and_a_person_with_nine_is_not() -> None:
    numbers = range(1, 11)
    facts = make_facts(
        pull_requests="pr | opened\n" + "\n".join(f"{number} | Mon 09:00" for number in numbers),
        comments="pr | by | at\n"
        + "\n".join(
            f"{number} | quick | Mon 09:00\n{number} | slow | Mon 09:{number * number // 2 + 2:02}"
            for number in numbers
        )
        + "\n"
        + "\n".join(f"{number} | nine | Mon 09:00" for number in numbers if number < 10),
    )
    expected = """
        login | pull_requests_count | quick_share
        quick | 10                  | 1
    """
    assert draw(find_suspected_bots(facts), expected) == parse(expected)
