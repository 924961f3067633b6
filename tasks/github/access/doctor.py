"""GitHub's part of `prflow doctor`: one line per token, which says whose it is and never what it is."""

import asyncio
from collections.abc import Iterator
from datetime import datetime

from tasks.checks import Check, CheckContext
from tasks.github.access.check import TokenCheck
from tasks.github.access.connect import check_owner
from tasks.github.api.errors import Limited
from tasks.github.api.tokens import NO_TOKEN
from warehouse.errors import NotConfigured
from warehouse.sources import GITHUB


def check_github(context: CheckContext) -> Iterator[Check]:
    """Check every token for the team that ran last. Raises GitHubError if GitHub cannot be reached."""
    try:
        checks = asyncio.run(
            check_owner(context.owner, home=context.home, clock=context.clock, read_block=context.find_block_reader())
        )
    except NotConfigured as error:
        text = str(error)[:1].upper() + str(error)[1:]
        yield Check(GITHUB, "fault", "No token.", text) if str(error) == NO_TOKEN else Check(GITHUB, "fault", text)
    else:
        for check in checks:
            yield describe_token(check, context.clock())


def describe_token(check: TokenCheck, now: datetime) -> Check:
    """Return the line of one token."""
    facts, warnings = check.facts, check.facts.warnings(now)
    if isinstance(check.problem, Limited):
        return Check(GITHUB, "note", f"{facts.name}: its rate limit is used up.", check.problem.hint)
    if check.problem is not None:
        return Check(GITHUB, "fault", str(check.problem), check.problem.hint)
    parts = [f"{facts.name}: {facts.login}, {facts.kind}", *warnings]
    if facts.scopes is not None:
        parts.insert(1, f"scopes {', '.join(sorted(facts.scopes)) or 'none'}")
    if check.rate_limit is not None:
        parts.append(f"{check.rate_limit.remaining:,} of {check.rate_limit.limit:,} points left")
    hint = "Create a new one before it expires." if any("expires" in warning for warning in warnings) else ""
    return Check(GITHUB, "note" if warnings else "ok", "; ".join(parts) + ".", hint)
