"""Check tokens before they are used: their owner, scopes and expiry, and the points left of their hour."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import SecretStr

from tasks.github.api.accounts import Account
from tasks.github.api.budget import RateLimit
from tasks.github.api.client import GitHub
from tasks.github.api.errors import GitHubError, Limited, ScopeMissing, TokenRefused
from tasks.github.api.queries.pull_requests import VIEWER
from tasks.github.api.rest import Rest
from tasks.github.api.settings import GitHubSettings
from tasks.github.api.token_facts import TokenFacts, parse_token_facts
from tasks.github.api.tokens import Credential


@dataclass(frozen=True)
class TokenCheck:
    """The result for one token. `problem` is why it cannot be used, or not now."""

    facts: TokenFacts
    rate_limit: RateLimit | None = None
    problem: GitHubError | None = None


async def check_tokens(rest: Rest, settings: GitHubSettings, credentials: Sequence[Credential]) -> list[TokenCheck]:
    """Check all tokens at once, with one query of one point each. Raises GitHubError if GitHub does not respond."""
    return list(await asyncio.gather(*(_check(rest, settings, credential) for credential in credentials)))


async def _check(rest: Rest, settings: GitHubSettings, credential: Credential) -> TokenCheck:
    try:
        return await _fetch_check(rest, settings, credential, await credential.read())
    except (TokenRefused, ScopeMissing, Limited) as error:
        return TokenCheck(TokenFacts(credential.name), problem=error)


async def _fetch_check(rest: Rest, settings: GitHubSettings, credential: Credential, token: SecretStr) -> TokenCheck:
    response, headers = await rest.query(settings.graphql_url, VIEWER.text, subject=credential.name, token=token)
    # Null if an App may not even see itself: then only the headers are known.
    viewer = response.data.get("viewer") or {}
    facts = parse_token_facts(credential.name, token, viewer.get("login"), headers)
    facts = replace(facts, account_id=viewer.get("id"))
    problem = None
    if not facts.can_sync:
        problem = ScopeMissing(next(iter(facts.warnings(rest.clock()))))
    return TokenCheck(facts, response.rate_limit, problem)


async def check_at_start(github: GitHub, rest: Rest) -> list[str]:
    """Check every token of `github` and record the results; return warnings for a person.

    A token that cannot be used is dropped. Raises TokenRefused or ScopeMissing if none is left. If a token's rate
    limit is used up, the first query waits for it.
    """
    accounts = github.accounts.all
    requests_before = rest.requests
    checks = await check_tokens(rest, github.settings, [account.credential for account in accounts])
    github.requests += rest.requests - requests_before
    for account, check in zip(accounts, checks, strict=True):
        _record(account, check, github)
    refused = [check.problem for check in checks if check.problem and not isinstance(check.problem, Limited)]
    if not github.accounts.live:
        raise refused[0] if len(refused) == 1 else _none_left(refused)
    warnings = [f"{error}. It is not used." for error in refused]
    for shared, other in github.accounts.share_budgets_by_owner():
        warnings.append(f"{other.name} belongs to the same account as {shared.name}: they share one hourly budget")
    now = github.clock()
    return [*warnings, *(each for check in checks if not check.problem for each in check.facts.warnings(now))]


def _record(account: Account, check: TokenCheck, github: GitHub) -> None:
    account.facts = check.facts
    if isinstance(check.problem, Limited):
        limit = account.budget.pause if check.problem.is_secondary else account.budget.exhaust
        limit(check.problem.until, github.clock())
    elif check.problem is not None:
        github.accounts.drop(account, check.problem)
    else:
        account.budget.record(check.rate_limit)
        account.is_accepted = True


def _none_left(refused: Sequence[GitHubError]) -> GitHubError:
    kind = type(refused[0])
    return kind(f"None of the {len(refused)} tokens can be used: {'; '.join(map(str, refused))}")
