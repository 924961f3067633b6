"""Tokens looked at before they are used: whose each is, what it may, how long it lasts, what is left of its hour."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from tasks.github.api.accounts import Account
from tasks.github.api.budget import RateLimit
from tasks.github.api.client import GitHub
from tasks.github.api.errors import GitHubError, Limited, ScopeMissing, TokenRefused
from tasks.github.api.queries import VIEWER
from tasks.github.api.response import AGREED, read_response
from tasks.github.api.rest import Rest, hidden
from tasks.github.api.settings import GitHubSettings
from tasks.github.api.token_facts import TokenFacts, read_facts
from tasks.github.api.tokens import Credential


@dataclass(frozen=True)
class TokenCheck:
    """A token as GitHub sees it. `problem` is why it cannot be used, or not now."""

    facts: TokenFacts
    rate_limit: RateLimit | None = None
    problem: GitHubError | None = None


async def check_tokens(rest: Rest, settings: GitHubSettings, credentials: Sequence[Credential]) -> list[TokenCheck]:
    """One query of one point for each token, at once. Raises where GitHub cannot be reached or does not answer."""
    return list(await asyncio.gather(*(_check(rest, settings, credential) for credential in credentials)))


async def _check(rest: Rest, settings: GitHubSettings, credential: Credential) -> TokenCheck:
    try:
        return await _ask(rest, settings, credential, await credential.read())
    except (TokenRefused, ScopeMissing, Limited) as error:
        return TokenCheck(TokenFacts(credential.name), problem=error)


async def _ask(rest: Rest, settings: GitHubSettings, credential: Credential, token: SecretStr) -> TokenCheck:
    asked = credential.name
    body = {"query": VIEWER.text, "variables": {}}
    response = await rest.ask("POST", settings.graphql_url, asked=asked, token=token, body=body)
    skew = rest.skew or AGREED
    with hidden(token):
        answer = read_response(
            response.status, response.headers, response.content, asked=asked, now=rest.clock(), skew=skew
        )
    # Null where an App may not even see itself: then only its headers are known.
    viewer = answer.data.get("viewer") or {}
    facts = read_facts(credential.name, token, viewer.get("login"), response.headers)
    problem = None
    if not facts.can_sync:
        problem = ScopeMissing(next(iter(facts.warnings(rest.clock()))))
    return TokenCheck(facts, answer.rate_limit, problem)


async def check_at_start(github: GitHub, rest: Rest) -> list[str]:
    """Check every token of `github` and take note of it; returns what a person should see to, in words.

    A token that cannot be used is dropped; TokenRefused or ScopeMissing where none is left. A limit that is met
    here is waited for by the first query.
    """
    accounts = github.accounts.all
    asked_before = rest.requests
    checked = await check_tokens(rest, github.settings, [account.credential for account in accounts])
    github.requests += rest.requests - asked_before
    for account, found in zip(accounts, checked, strict=True):
        _note(account, found, github)
    refused = [found.problem for found in checked if found.problem and not isinstance(found.problem, Limited)]
    if not github.accounts.live:
        raise refused[0] if len(refused) == 1 else _none_left(refused)
    words = [f"{error}. It is not used." for error in refused]
    for shared, other in github.accounts.unite_by_login():
        words.append(f"{other.name} is of the same account as {shared.name}: they share one hourly budget")
    return [*words, *(w for found in checked if not found.problem for w in found.facts.warnings(github.clock()))]


def _note(account: Account, found: TokenCheck, github: GitHub) -> None:
    account.facts = found.facts
    if isinstance(found.problem, Limited):
        limit = account.budget.pause if found.problem.is_secondary else account.budget.exhaust
        limit(found.problem.until, github.clock())
    elif found.problem is not None:
        github.accounts.drop(account, found.problem)
    else:
        account.budget.note(found.rate_limit)


def _none_left(refused: Sequence[GitHubError]) -> GitHubError:
    kind = type(refused[0])
    return kind(f"None of the {len(refused)} tokens can be used: {'; '.join(map(str, refused))}")
