"""From a request's body to the reply: tokens, limits, faults, GraphQL. Independent of the HTTP server."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from random import Random

import orjson

from simulators.github.graphql.context import FieldError
from simulators.github.graphql.documents import InvalidDocument
from simulators.github.graphql.engine import Engine, Request
from simulators.github.graphql.execution import document_error
from simulators.github.serving import effects, replies
from simulators.github.serving.apps import Apps
from simulators.github.serving.devices import Devices
from simulators.github.serving.faults import Fault, Faults, RequestProfile
from simulators.github.serving.limits import Account, Limits
from simulators.github.serving.replies import Reply
from simulators.github.serving.tokens import AccessToken, Tokens
from simulators.github.store import records
from simulators.github.store.connections import BadCursor
from simulators.github.store.records import Arguments, Record
from simulators.github.store.world import Organisation

Clock = Callable[[], float]


@dataclass
class Counts:
    """Counts of all requests so far, of all tokens."""

    requests: int = 0
    points: int = 0
    bytes_sent: int = 0
    max_concurrent: int = 0
    by_operation: Counter[str] = field(default_factory=Counter)
    by_status: Counter[int] = field(default_factory=Counter)


class Service:
    """The simulated GitHub. `clock` gives seconds since 1970; it drives the limits and the Date header.

    `listeners` are called with the operation and the body of each request before its response.
    """

    def __init__(
        self, organisation: Organisation, clock: Clock, limits: Limits | None = None, cache_bytes: int = 128 << 20
    ) -> None:
        self.organisation, self.clock = organisation, clock
        self.limits = limits or Limits()
        self.engine = Engine(organisation, cache_bytes)
        self.faults = Faults()
        self.counts = Counts()
        self.tokens = Tokens(self.limits)
        self.apps = Apps(self.tokens)
        self.devices = Devices(self.tokens)
        self.listeners: list[Callable[[str, bytes], object]] = []
        self._random = Random(11)

    def account(self, authorization: str) -> Account | Reply:
        """Return the account of a token, or the response that refuses it."""
        access_token = self.tokens.find(authorization, self.clock())
        return access_token if isinstance(access_token, Reply) else access_token.account

    def respond(self, authorization: str, body: bytes) -> Reply:
        """Return the reply to POST /graphql."""
        self.counts.requests += 1
        access_token = self.tokens.find(authorization, self.clock())
        reply = access_token if isinstance(access_token, Reply) else self._respond(access_token, body)
        self.counts.by_status[reply.status] += 1
        self.counts.bytes_sent += len(reply.body)
        return reply

    def _respond(self, access_token: AccessToken, body: bytes) -> Reply:
        try:
            request, profile = self._prepare(body)
        except InvalidDocument as error:
            return replies.errors(*map(document_error, error.errors))
        except FieldError as error:
            return replies.errors({"type": error.kind, "message": str(error)})
        except (ValueError, TypeError, KeyError, AttributeError):
            return replies.message(400, "Problems parsing JSON")
        self.counts.by_operation[request.name] += 1
        for listener in list(self.listeners):
            listener(request.name, body)
        try:
            reply = self._execute(access_token, request, profile)
        except BadCursor as error:
            reply = replies.errors({"type": "INVALID_CURSOR_ARGUMENTS", "message": str(error)})
        return reply.with_headers(access_token.account.headers() | access_token.headers())

    def _prepare(self, body: bytes) -> tuple[Request, RequestProfile]:
        sent = orjson.loads(body)
        variables: Arguments = sent.get("variables") or {}
        request = self.engine.prepare(sent["query"], variables, sent.get("operationName"))
        return request, self._profile(request, variables)

    def viewer(self, access_token: AccessToken) -> Record:
        """Return the organisation's viewer, unless the token belongs to another account."""
        if access_token.login is None:
            return self.organisation.viewer
        number = int.from_bytes(blake2b(access_token.login.encode(), digest_size=4).digest())
        return self.organisation.account(access_token.login) or records.actor("User", number, access_token.login)

    def _execute(self, access_token: AccessToken, request: Request, profile: RequestProfile) -> Reply:
        now, account = self.clock(), access_token.account
        if refusal := account.admit(now, request.cost.points):
            return refusal
        self.counts.points += request.cost.points
        faults = self.faults.take(profile)
        for fault in faults:
            effects.change_data(fault, self.organisation, now, self._random)
        for fault in faults:
            if reply := effects.replacement(fault, account, now):
                return reply
        rate_limit = account.rate_limit(request.cost.points, request.cost.nodes)
        reply = Reply(200, self.engine.execute(request, rate_limit, self.viewer(access_token)).body())
        for fault in faults:
            reply = effects.damage(fault, reply, request.plan.lookups, self._affected_by(fault, request))
        account.note_sent(now)
        return reply

    def _profile(self, request: Request, variables: Arguments) -> RequestProfile:
        """Read the repositories that a request is about from the names and node ids among its variables."""
        ids = [*(variables.get("ids") or ()), *([variables["id"]] if variables.get("id") else [])]
        found = {name for identifier in ids if (name := self._repository_of(identifier))}
        if "name" in variables:
            found.add(f"{variables.get('owner') or variables.get('login')}/{variables['name']}".lower())
        return RequestProfile(
            request.name, len(variables.get("ids") or ()), int(variables.get("first") or 0), frozenset(found)
        )

    def _affected_by(self, fault: Fault, request: Request) -> Callable[[int], bool]:
        """Return the test whether a fault concerns the node at a position of `nodes(ids:)`."""
        ids = request.context.variables.get("ids") or ()
        name = (fault.repository or "").lower()
        return lambda place: not name or place >= len(ids) or self._repository_of(ids[place]) == name

    def _repository_of(self, identifier: str) -> str | None:
        found = self.organisation.node(identifier)
        if found is None:
            return None
        if found["__typename"] == "Repository":
            return self.organisation.full_name(found).lower()
        parent = found if found["__typename"] == "PullRequest" else self.organisation.parent_of(identifier)
        return self.organisation.full_name(parent["repository"]).lower() if parent else None

    def stats(self) -> Record:
        """Return the counts since the start, as JSON."""
        counts, accounts = self.counts, self.tokens.accounts()
        return {
            "requests": counts.requests,
            "points": counts.points,
            "bytes_sent": counts.bytes_sent,
            "max_concurrent": counts.max_concurrent,
            "by_operation": dict(counts.by_operation),
            "by_status": {str(status): count for status, count in counts.by_status.items()},
            "violations": sum(account.violations for account in accounts),
            "violation_notes": [note for account in accounts for note in account.violation_notes],
            "faults_fired": [fault.kind.value for fault in self.faults.fired],
            "points_by_login": {name: account.used for name, account in self.tokens.by_login().items()},
            "tokens_made": self.apps.tokens_made,
            "polled_too_soon": self.devices.too_soon_count,
            "faults_waiting": [fault.kind.value for fault in self.faults.waiting()],
        }

    def totals(self, start: str = "", end: str = "~", *, with_open: bool = False) -> dict[str, dict[str, int]]:
        """Return, by repository, the numbers of pull requests updated in [start, end) (ISO) and of their parts.

        `with_open` adds open pull requests updated before `start`.
        """
        found = {}
        for repository in self.organisation.repositories:
            index = self.organisation.pull_requests_of(repository)
            records = index.between(start, end)
            if with_open:
                records += [record for record in index.between("", start) if record["state"] == "OPEN"]
            found[self.organisation.full_name(repository)] = {
                "pull_requests": len(records),
                **{name: sum(len(record[name]) for record in records) for name in _COUNTED},
                "review_comments": sum(len(thread["comments"]) for r in records for thread in r["reviewThreads"]),
            }
        return found


_COUNTED = ("reviews", "reviewThreads", "comments", "commits", "files")
