"""Faults of GitHub, on demand.

A `Fault` says what happens (`kind`), how often (`times`, None for always), after how many matching requests (`after`),
and to which requests: of an operation, about a repository, with more than `above` ids or with pages of more than
`first_above`. `--faults` and the control endpoint take them as text:
`bad-gateway-html:times=2:after=3,secondary-limit:retry_after=date:seconds=5`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from threading import Lock
from typing import Any

from simulators.github.serving.limits import RetryAfter


class Kind(StrEnum):
    """What happens to a request.

    Instead of a response: BAD_GATEWAY_HTML (nginx's page), UNICORN (GitHub's own page), BAD_GATEWAY_JSON (`status`,
    502 by default), SERVER_ERROR (500, empty), EMPTY (200, empty), SECONDARY_LIMIT (`status` 403, 429 or 200; `form`
    "message", or "errors" for 200; `retry_after`; `seconds`), PRIMARY_LIMIT (`form` RATE_LIMIT, RATE_LIMITED or 403),
    TOKEN_REVOKED (from then on always 401), BAD_CREDENTIALS (one 401), TIMEOUT (502 after `seconds`; use it with
    `above` or `first_above`), TIMED_OUT (200, no data, “timedout”), UNKNOWN_ERROR (200, no data), HANG (no response
    until the client disconnects), SAML, SCOPES.
    To a response: RESET (the connection ends in the middle of the body), MALFORMED_JSON (the body is cut short),
    RESOURCE_LIMITS (half of the nodes are null), NOT_FOUND and FORBIDDEN (all data is null; the error's path leads
    to `part` if given), SHORT_LIST (each list named `part` ends after `count` nodes, its totalCount stays), SLOW
    (`seconds` later).
    To the data, before the response: GHOST_ACCOUNT, RENAMED_ACCOUNT (to `login`-renamed), TAKEN_OVER_ACCOUNT (the same,
    and somebody else takes the login), RECASED_ACCOUNT (each of `login`), DELETED_HEAD (`repository`, `number`),
    REMOVED_REPOSITORY, RENAMED_REPOSITORY (to `login`), TRANSFERRED_REPOSITORY (to the owner `login`),
    ARCHIVED_REPOSITORY and EMPTIED_REPOSITORY (each of `repository`), NEW_PULL_REQUEST (`repository`, `login`),
    DELETED_PULL_REQUEST (`repository`, `number`), TOUCH (`count` random pull requests, of `repository` if given, get a
    new updatedAt).
    """

    BAD_GATEWAY_HTML = "bad-gateway-html"
    UNICORN = "unicorn"
    BAD_GATEWAY_JSON = "bad-gateway-json"
    SERVER_ERROR = "server-error"
    EMPTY = "empty"
    SECONDARY_LIMIT = "secondary-limit"
    PRIMARY_LIMIT = "primary-limit"
    TOKEN_REVOKED = "token-revoked"  # noqa: S105  (no password)
    BAD_CREDENTIALS = "bad-credentials"
    TIMEOUT = "timeout"
    TIMED_OUT = "timed-out"
    UNKNOWN_ERROR = "unknown-error"
    HANG = "hang"
    SAML = "saml"
    SCOPES = "scopes"
    RESET = "reset"
    MALFORMED_JSON = "malformed-json"
    RESOURCE_LIMITS = "resource-limits"
    NOT_FOUND = "not-found"
    FORBIDDEN = "forbidden"
    SHORT_LIST = "short-list"
    SLOW = "slow"
    GHOST_ACCOUNT = "ghost-account"
    RENAMED_ACCOUNT = "renamed-account"
    TAKEN_OVER_ACCOUNT = "taken-over-account"
    RECASED_ACCOUNT = "recased-account"
    DELETED_HEAD = "deleted-head"
    REMOVED_REPOSITORY = "removed-repository"
    RENAMED_REPOSITORY = "renamed-repository"
    TRANSFERRED_REPOSITORY = "transferred-repository"
    ARCHIVED_REPOSITORY = "archived-repository"
    EMPTIED_REPOSITORY = "emptied-repository"
    NEW_PULL_REQUEST = "new-pull-request"
    DELETED_PULL_REQUEST = "deleted-pull-request"
    TOUCH = "touch"


@dataclass(frozen=True, slots=True)
class RequestProfile:
    """The properties of a request by which faults select it. `first` is the size of its pages."""

    operation: str = ""
    ids: int = 0
    first: int = 0
    repositories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; see Kind. `repository` is owner/name."""

    kind: Kind
    times: int | None = 1
    after: int = 0
    operation: str | None = None
    repository: str | None = None
    above: int | None = None
    first_above: int | None = None
    status: int | None = None
    seconds: float = 0.0
    retry_after: RetryAfter = RetryAfter.SECONDS
    form: str = ""
    login: str = ""
    number: int = 0
    count: int = 1
    part: str = ""

    def matches(self, profile: RequestProfile) -> bool:
        return (
            (self.operation is None or self.operation == profile.operation)
            and (self.above is None or profile.ids > self.above)
            and (self.first_above is None or profile.first > self.first_above)
            and (self.repository is None or self.kind in _ABOUT_DATA or self.repository.lower() in profile.repositories)
        )


_ABOUT_DATA = frozenset(
    {
        Kind.GHOST_ACCOUNT,
        Kind.RENAMED_ACCOUNT,
        Kind.TAKEN_OVER_ACCOUNT,
        Kind.RECASED_ACCOUNT,
        Kind.DELETED_HEAD,
        Kind.REMOVED_REPOSITORY,
        Kind.RENAMED_REPOSITORY,
        Kind.TRANSFERRED_REPOSITORY,
        Kind.ARCHIVED_REPOSITORY,
        Kind.EMPTIED_REPOSITORY,
        Kind.NEW_PULL_REQUEST,
        Kind.DELETED_PULL_REQUEST,
        Kind.TOUCH,
    }
)


@dataclass
class Faults:
    """The pending faults. Any thread may add more while the server runs."""

    fired: list[Fault] = field(default_factory=list)
    _waiting: list[Fault] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._waiting.extend(faults)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[Fault]:
        with self._lock:
            return list(self._waiting)

    def take(self, profile: RequestProfile) -> list[Fault]:
        """Return the faults for this request: all those of the data, then the first of the others that is due."""
        with self._lock:
            due = [place for place, fault in enumerate(self._waiting) if fault.matches(profile)]
            ready = [place for place in due if self._waiting[place].after == 0]
            taken = self._chosen(ready)
            for place in due:
                self._waiting[place] = _counted(self._waiting[place], place in taken)
            found = [replace(self._waiting[place], after=0) for place in taken]
            self._waiting = [fault for fault in self._waiting if fault.times != 0]
            self.fired.extend(found)
            return found

    def _chosen(self, ready: list[int]) -> list[int]:
        data = [place for place in ready if self._waiting[place].kind in _ABOUT_DATA]
        others = [place for place in ready if self._waiting[place].kind not in _ABOUT_DATA]
        return data + others[:1]


def _counted(fault: Fault, is_taken: bool) -> Fault:
    if is_taken:
        return replace(fault, times=None if fault.times is None else fault.times - 1)
    return replace(fault, after=max(0, fault.after - 1))


def parse_faults(text: str) -> list[Fault]:
    """Parse `kind[:option=value]...`, separated by commas; `times=always` for None.

    Raises ValueError for an unknown kind or option.
    """
    return [_parse(part.strip()) for part in text.split(",") if part.strip()]


def _parse(text: str) -> Fault:
    kind, *options = text.split(":")
    pairs = (option.partition("=") for option in options)
    return Fault(Kind(kind), **{name: _value(name, value) for name, _, value in pairs})


def _value(name: str, text: str) -> Any:
    if name not in {each.name for each in fields(Fault)} - {"kind"}:
        raise ValueError(f"Unknown fault option: {name!r}")
    if name == "times" and text == "always":
        return None
    return _READERS.get(name, str)(text)


_READERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("times", "after", "above", "first_above", "status", "number", "count"), int),
    "seconds": float,
    "retry_after": RetryAfter,
}


def names(kinds: Iterable[Kind] = Kind) -> str:
    return ", ".join(kinds)
