"""The effect of each kind of fault: another response, a damage response, or changed data."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import orjson

from simulators.github.serving import replies
from simulators.github.serving.faults import Fault, Kind
from simulators.github.serving.limits import Account
from simulators.github.serving.replies import Reply
from simulators.github.store import records
from simulators.github.store.records import Record, iso
from simulators.github.store.world import Organisation


def replacement(fault: Fault, account: Account, now: float) -> Reply | None:
    """Return the response that replaces the real one; None if the fault does not replace it."""
    make = _REPLACEMENTS.get(fault.kind)
    return make(fault, account, now) if make else None


STRANGER = 999_999
"""Number of the account that takes over a login."""

IsAffected = Callable[[int], bool]
"""Tells whether the fault concerns the node at this position of a list."""


def damage(fault: Fault, reply: Reply, root_fields: list[str], is_affected: IsAffected) -> Reply:
    """Return the real response as damage by the fault."""
    if fault.kind in (Kind.NOT_FOUND, Kind.FORBIDDEN):
        return _hidden(fault, reply, root_fields, is_affected)
    damage = _DAMAGE.get(fault.kind)
    return damage(fault, reply, root_fields) if damage else reply


def change_data(fault: Fault, organisation: Organisation, now: float, random: Random) -> None:
    """Change the served data if the fault is about data."""
    change = _CHANGES.get(fault.kind)
    if change is not None:
        change(fault, organisation)
    elif fault.kind is Kind.NEW_PULL_REQUEST:
        organisation.add(fault.repository or "", iso(now), "Opened meanwhile", fault.login)
    elif fault.kind is Kind.TOUCH:
        _touch(fault, organisation, now, random)


def _take_over(login: str, organisation: Organisation) -> None:
    """Rename an account, and let somebody else have its login and comment on the newest pull request."""
    organisation.rename_account(login, f"{login}-renamed")
    organisation.add_account(records.actor("User", STRANGER, login))
    newest = max(organisation.pull_requests(), key=lambda each: str(each["updatedAt"]))
    name = organisation.full_name(newest["repository"])
    organisation.comment(name, newest["number"], login, newest["updatedAt"], "I have this login now")


_CHANGES: dict[Kind, Callable[[Fault, Organisation], object]] = {
    Kind.GHOST_ACCOUNT: lambda fault, organisation: organisation.delete_account(fault.login),
    Kind.RENAMED_ACCOUNT: lambda fault, organisation: organisation.rename_account(
        fault.login, f"{fault.login}-renamed"
    ),
    Kind.TAKEN_OVER_ACCOUNT: lambda fault, organisation: _take_over(fault.login, organisation),
    Kind.RECASED_ACCOUNT: lambda fault, organisation: organisation.rename_account(fault.login, fault.login.title()),
    Kind.DELETED_HEAD: lambda fault, organisation: organisation.delete_head_repository(
        fault.repository or "", fault.number
    ),
    Kind.REMOVED_REPOSITORY: lambda fault, organisation: organisation.remove_repository(fault.repository or ""),
    Kind.RENAMED_REPOSITORY: lambda fault, organisation: organisation.rename_repository(
        fault.repository or "", fault.login
    ),
    Kind.TRANSFERRED_REPOSITORY: lambda fault, organisation: organisation.transfer_repository(
        fault.repository or "", fault.login
    ),
    Kind.ARCHIVED_REPOSITORY: lambda fault, organisation: organisation.archive_repository(fault.repository or ""),
    Kind.EMPTIED_REPOSITORY: lambda fault, organisation: organisation.empty_repository(fault.repository or ""),
    Kind.DELETED_PULL_REQUEST: lambda fault, organisation: organisation.delete(fault.repository or "", fault.number),
}


def _touch(fault: Fault, organisation: Organisation, now: float, random: Random) -> None:
    names = [fault.repository] if fault.repository else [organisation.full_name(r) for r in organisation.repositories]
    for _ in range(fault.count):
        name = random.choice(names)
        repository = organisation.repository(name)
        if repository and (numbers := list(organisation.pull_requests_of(repository).by_number)):
            organisation.touch(name, random.choice(numbers), iso(now))


def _bad_gateway_html(fault: Fault, account: Account, now: float) -> Reply:
    return replies.nginx(fault.status or 502)


def _bad_gateway_json(fault: Fault, account: Account, now: float) -> Reply:
    return replies.something_went_wrong(fault.status or 502)


def _timeout(fault: Fault, account: Account, now: float) -> Reply:
    return replace(replies.something_went_wrong(fault.status or 502), delay=fault.seconds)


def _revoke(fault: Fault, account: Account, now: float) -> Reply:
    account.is_revoked = True
    return replies.bad_credentials()


def _saml(fault: Fault, account: Account, now: float) -> Reply:
    text = (
        "Resource protected by organization SAML enforcement. You must grant your OAuth token access to this "
        "organization."
    )
    entry: dict[str, object] = {"type": "FORBIDDEN", "extensions": {"saml_failure": True}, "message": text}
    return replace(
        replies.errors(entry, with_data=True), headers={"x-github-sso": "required; url=https://github.example/sso"}
    )


def _scopes(fault: Fault, account: Account, now: float) -> Reply:
    text = (
        "Your token has not been granted the required scopes to execute this query. The 'login' field requires one of "
        "the following scopes: ['read:org'], but your token has only been granted the: ['public_repo'] scopes."
    )
    return replies.errors({"type": "INSUFFICIENT_SCOPES", "message": text})


_REPLACEMENTS: dict[Kind, Callable[[Fault, Account, float], Reply]] = {
    Kind.BAD_GATEWAY_HTML: _bad_gateway_html,
    Kind.BAD_GATEWAY_JSON: _bad_gateway_json,
    Kind.UNICORN: lambda fault, account, now: replies.unicorn(fault.status or 502),
    Kind.EMPTY: lambda fault, account, now: Reply(fault.status or 200, b""),
    Kind.SERVER_ERROR: lambda fault, account, now: Reply(fault.status or 500, b"", media_type="text/plain"),
    Kind.TIMEOUT: _timeout,
    Kind.TIMED_OUT: lambda fault, account, now: replies.timed_out(),
    Kind.UNKNOWN_ERROR: lambda fault, account, now: replies.unknown_error(),
    # https://github.com/MeltanoLabs/tap-github/pull/90: a 401 to a token that is accepted before and after.
    Kind.BAD_CREDENTIALS: lambda fault, account, now: replies.bad_credentials(),
    Kind.HANG: lambda fault, account, now: Reply(200, b"", hang=True),
    Kind.TOKEN_REVOKED: _revoke,
    Kind.PRIMARY_LIMIT: lambda fault, account, now: account.refuse_primary(now, fault.form or "RATE_LIMIT"),
    Kind.SECONDARY_LIMIT: lambda fault, account, now: account.refuse_secondary(
        now, fault.status or 403, fault.retry_after, fault.seconds or account.limits.secondary_seconds, fault.form
    ),
    Kind.SAML: _saml,
    Kind.SCOPES: _scopes,
}


def _reset(fault: Fault, reply: Reply, root_fields: list[str]) -> Reply:
    return replace(reply, cut_after=len(reply.body) // 2)


def _malformed(fault: Fault, reply: Reply, root_fields: list[str]) -> Reply:
    return replace(reply, body=reply.body[: len(reply.body) * 2 // 3])


def _resource_limits(fault: Fault, reply: Reply, root_fields: list[str]) -> Reply:
    """Set the second half of each top-level list to null."""
    body = orjson.loads(reply.body)
    for name in root_fields:
        found = body["data"].get(name)
        kept = len(found) // 2 if isinstance(found, list) else 0
        body["data"][name] = found[:kept] + [None] * (len(found) - kept) if isinstance(found, list) else None
    return _with_error(reply, body, "RESOURCE_LIMITS_EXCEEDED", "Resource limits for this query exceeded.", root_fields)


def _short_list(fault: Fault, reply: Reply, root_fields: list[str]) -> Reply:
    """End each list of this name after `count` nodes, as a response from a replica that lags does."""
    body = orjson.loads(reply.body)
    _cut(body, fault.part, fault.count)
    return replace(reply, body=orjson.dumps(body))


def _cut(value: object, part: str, count: int) -> None:
    if isinstance(value, list):
        for each in value:
            _cut(each, part, count)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name == part and isinstance(each, dict) and "totalCount" in each:
                _end_early(each, count)
            _cut(each, part, count)


def _end_early(connection: Record, count: int) -> None:
    for held in ("nodes", "edges"):
        if isinstance(connection.get(held), list):
            connection[held] = connection[held][:count]
    if "pageInfo" in connection:
        connection["pageInfo"] |= {"hasNextPage": False}


def _hidden(fault: Fault, reply: Reply, root_fields: list[str], is_affected: IsAffected) -> Reply:
    """Set what was requested to null, each with its own error, whose path may lead to a part of it."""
    body = orjson.loads(reply.body)
    text = {
        Kind.NOT_FOUND: f"Could not resolve to a Repository with the name '{fault.repository or 'gone'}'.",
        Kind.FORBIDDEN: "Resource not accessible by personal access token",
    }[fault.kind]
    kind, part = fault.kind.name, [fault.part] if fault.part else []
    for name in root_fields:
        found = body["data"].get(name)
        places = [place for place in range(len(found)) if is_affected(place)] if isinstance(found, list) else []
        paths = [[name, place, *part] for place in places] if isinstance(found, list) else [[name, *part]]
        body["data"][name] = (
            [None if place in places else node for place, node in enumerate(found)] if isinstance(found, list) else None
        )
        body["errors"] = [*body.get("errors", []), *({"type": kind, "path": path, "message": text} for path in paths)]
    return replace(reply, body=orjson.dumps(body))


def _with_error(reply: Reply, body: Record, kind: str, text: str, root_fields: list[str]) -> Reply:
    entry = {"type": kind, "path": root_fields[:1], "locations": [{"line": 1, "column": 1}], "message": text}
    body["errors"] = [*body.get("errors", []), entry]
    return replace(reply, body=orjson.dumps(body))


_DAMAGE: dict[Kind, Callable[[Fault, Reply, list[str]], Reply]] = {
    Kind.RESET: _reset,
    Kind.MALFORMED_JSON: _malformed,
    Kind.RESOURCE_LIMITS: _resource_limits,
    Kind.SHORT_LIST: _short_list,
    Kind.SLOW: lambda fault, reply, root_fields: replace(reply, delay=reply.delay + fault.seconds),
}
