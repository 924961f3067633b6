"""What is said on pages of tokens and of GitHub's errors: there, the way out is a field and a button."""

from datetime import datetime

from dashboard.reading.admin import Access, Problem
from tasks.github.access.check import TokenCheck
from tasks.github.api.errors import GitHubError, Limited, ScopeMissing, TokenRefused
from tasks.github.api.token_facts import TokenFacts
from warehouse.errors import PrflowError

ALLOWS = {
    "repo": "repo: read public and private repositories with their pull requests (it would allow writing, which "
    "prflow never does)",
    "public_repo": "public_repo: read public repositories only",
    "read:org": "read:org: read members and teams of your organisations",
    "write:org": "write:org: read members and teams (more than prflow needs)",
    "admin:org": "admin:org: read members and teams (far more than prflow needs)",
}
NOT_LISTED = (
    "GitHub does not say what a fine-grained token allows. prflow needs read access to Contents, Pull requests and "
    "Metadata, and to Members of the organisation"
)
BY_APP = "What the App was granted when it was installed. prflow needs read access to Contents, Pull requests, Members"


def describe_access(check: TokenCheck, now: datetime) -> Access:
    """Return what pages show of a checked token."""
    facts = check.facts
    return Access(
        name=facts.name,
        login=facts.login,
        kind=facts.kind,
        scopes=None if facts.scopes is None else sorted(facts.scopes),
        allows=_allows(facts),
        warnings=[f"{each[:1].upper()}{each[1:]}." for each in facts.warnings(now)] if check.problem is None else [],
        expires_at=None if facts.is_renewed else facts.expires_at,
        problem=explain(check.problem) if check.problem else None,
    )


def _allows(facts: TokenFacts) -> list[str]:
    if facts.is_renewed:
        return [BY_APP]
    if facts.scopes is None:
        return [NOT_LISTED]
    known = [words for scope, words in ALLOWS.items() if scope in facts.scopes]
    others = sorted(facts.scopes - ALLOWS.keys())
    return [*known, *([f"{', '.join(others)}: prflow does not use it"] if others else [])]


def explain(error: PrflowError) -> Problem:
    """Return an error as pages say it."""
    hint = error.hint
    if isinstance(error, TokenRefused):
        hint = "It may be mistyped, expired or revoked. Create a new one on GitHub and paste it here."
    elif isinstance(error, ScopeMissing):
        hint = "Give it the scopes repo and read:org on GitHub, in Settings, Developer settings, or paste another one."
    elif isinstance(error, Limited):
        hint = "Wait until the limit is over, then try again, or paste a token of another account."
    elif isinstance(error, GitHubError) and hint == GitHubError.hint:
        hint = "Try again."
    text = str(error)
    end = "" if text.endswith((".", "!", "?")) else "."
    return Problem(message=f"{text[:1].upper()}{text[1:]}{end}", hint=hint)
