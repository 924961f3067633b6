"""Tokens looked at before they are used."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from simulators.github.serving.faults import Fault, Kind
from tasks.github.access.check import check_at_start
from tasks.github.api.client import GitHub
from tasks.github.api.errors import GitHubError, ScopeMissing, TokenRefused, Unreachable
from tasks.github.api.rest import Rest
from tasks.github.api.token_facts import parse_expiry, parse_token_facts
from tasks.github.organisation.owner import fetch_owner

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated


def check(simulated: "Simulated", *tokens: str, **more: object) -> tuple[list[str], GitHub]:
    """Words for a person, and the client afterwards."""

    async def ask(github: GitHub) -> tuple[list[str], GitHub]:
        rest = Rest(5.0, clock=simulated.clock, sleep=simulated.clock.sleep)
        rest.skew = timedelta(0)
        return await check_at_start(github, rest), github

    words, github = simulated.ask(ask, token=",".join(tokens), **more)
    return words, github


def grant(simulated: "Simulated", token: str, login: str = "ann", **more: object) -> str:
    simulated.running.tokens.grant(token, login, **more)  # type: ignore[arg-type]
    return token


def seconds(simulated: "Simulated", **parts: float) -> float:
    return (simulated.now + timedelta(**parts)).timestamp()


def test_whose_the_token_is_and_what_it_may_is_known_for_one_point(simulated: "Simulated") -> None:
    words, github = check(simulated, grant(simulated, "ghp_1", scopes="admin:org, repo"))
    facts = github.accounts.all[0].facts
    assert words == []
    assert facts is not None
    assert (facts.login, facts.kind, facts.scopes) == ("ann", "classic token", {"admin:org", "repo"})
    assert (github.requests, github.points_spent, github.remaining) == (1, 1, 4999)


def test_a_classic_token_without_read_org_is_refused_before_anything_is_fetched(simulated: "Simulated") -> None:
    with pytest.raises(ScopeMissing, match="the token lacks the scope read:org"):
        check(simulated, grant(simulated, "ghp_1", scopes="repo"))
    assert simulated.asked() == {"Viewer": 1}


def test_without_the_scope_repo_private_repositories_are_said_to_be_left_out(simulated: "Simulated") -> None:
    words, _ = check(simulated, grant(simulated, "ghp_1", scopes="read:org, public_repo"))
    assert words == ["the token lacks the scope repo: private repositories are left out"]


def test_a_fine_grained_token_has_no_list_of_scopes_and_lacks_none(simulated: "Simulated") -> None:
    words, github = check(simulated, grant(simulated, "github_pat_1"))
    assert words == []
    assert github.accounts.all[0].facts is not None
    assert github.accounts.all[0].facts.scopes is None


@pytest.mark.parametrize(("days", "is_warned"), [(6.9, True), (7.1, False)])
def test_a_token_that_ends_within_a_week_is_warned_of(simulated: "Simulated", days: float, is_warned: bool) -> None:
    token = grant(simulated, "github_pat_1", expires_at=seconds(simulated, days=days))
    words, _ = check(simulated, token)
    assert any("the token expires on 29 August 2026, 09:36 UTC" in word for word in words) is is_warned


def test_a_token_that_has_expired_is_refused(simulated: "Simulated") -> None:
    with pytest.raises(TokenRefused, match="Bad credentials"):
        check(simulated, grant(simulated, "github_pat_1", expires_at=seconds(simulated, hours=-1)))


def test_of_several_those_that_can_be_used_are_used_and_the_others_named(simulated: "Simulated") -> None:
    tokens = [grant(simulated, "ghp_1", "ann"), "bad-token", grant(simulated, "ghp_3", "eve", scopes="repo")]
    words, github = check(simulated, *tokens)
    assert [account.name for account in github.accounts.live] == ["token 1 of 3"]
    assert len(words) == 2
    assert "token 2 of 3" in words[0]
    assert "token 3 of 3 lacks the scope read:org" in words[1]


def test_where_none_can_be_used_each_is_named(simulated: "Simulated") -> None:
    with pytest.raises(GitHubError, match="None of the 2 tokens can be used") as caught:
        check(simulated, "bad-token", grant(simulated, "ghp_2", scopes="gist"))
    assert "token 1 of 2" in str(caught.value)
    assert "ghp_2" not in str(caught.value)


def test_two_tokens_of_one_person_share_one_budget(simulated: "Simulated") -> None:
    tokens: Sequence[str] = [grant(simulated, "ghp_1", "ann"), grant(simulated, "ghp_2", "ann")]
    words, github = check(simulated, *tokens)
    assert words == ["token 2 of 2 belongs to the same account as token 1 of 2: they share one hourly budget"]
    assert len(github.accounts.budgets) == 1
    assert (github.requests, github.points_spent, github.remaining) == (2, 2, 4998)


def test_a_limit_that_is_met_at_the_start_is_waited_for_by_the_first_query(simulated: "Simulated") -> None:
    simulated.fail(Fault(Kind.PRIMARY_LIMIT))

    async def ask(github: GitHub) -> str:
        rest = Rest(5.0, clock=simulated.clock, sleep=simulated.clock.sleep)
        rest.skew = timedelta(0)
        await check_at_start(github, rest)
        return (await fetch_owner(github, "acme")).login

    assert simulated.ask(ask) == "acme"
    assert simulated.violations() == 0
    assert simulated.clock.waits[0] == simulated.now + timedelta(hours=1, seconds=1)


def test_a_fault_that_passes_does_not_end_the_check_and_one_that_stays_does(simulated: "Simulated") -> None:
    simulated.fail(Fault(Kind.BAD_GATEWAY_HTML, times=2), Fault(Kind.RESET, times=2))
    assert check(simulated, "ghp_1")[0] == []
    simulated.fail(Fault(Kind.RESET, times=None))
    with pytest.raises(Unreachable, match="the token: the connection to GitHub broke"):
        check(simulated, "ghp_1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-01 12:00:00 UTC", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        ("2026-12-01 05:00:00 -0700", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        ("", None),
        ("soon", None),
    ],
)
def test_githubs_way_to_write_an_expiry(text: str, expected: datetime | None) -> None:
    assert parse_expiry(text) == expected


def test_an_apps_login_comes_with_an_empty_list_which_says_nothing() -> None:
    facts = parse_token_facts("the login", SecretStr("ghu_x"), "ann", {"x-oauth-scopes": ""})
    assert facts.scopes is None
    assert facts.missing_scopes == ()


@pytest.mark.parametrize("kind", [Kind.TIMED_OUT, Kind.UNKNOWN_ERROR, Kind.RESOURCE_LIMITS, Kind.BAD_GATEWAY_JSON])
@pytest.mark.parametrize("status", [200, 502])
def test_a_fault_that_passes_does_not_fail_the_check(simulated: "Simulated", kind: Kind, status: int) -> None:
    simulated.fail(Fault(kind, status=status, operation="Viewer", times=3))
    words, github = check(simulated, grant(simulated, "ghp_1"))
    assert (words, github.requests) == ([], 4)


def test_one_401_at_the_check_is_asked_once_more(simulated: "Simulated") -> None:
    simulated.fail(Fault(Kind.BAD_CREDENTIALS, operation="Viewer"))
    words, github = check(simulated, grant(simulated, "ghp_1"))
    assert (words, github.requests, len(github.accounts.live)) == ([], 2, 1)
