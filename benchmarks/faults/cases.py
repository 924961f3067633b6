"""Faults of GitHub, of the network and of the data, and the expected result of each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from benchmarks.stage import AS_OF
from simulators.github.serving.faults import Fault, Kind
from simulators.github.serving.limits import Limits, RetryAfter
from simulators.github.store.records import repository as make_repository
from simulators.github.story.organisation import Organisation, make_organisation

OWNER = "northwind"
FETCH = "PullRequests"
NIGHTS = 4
SOMEBODY = "amara-okafor"
"""A person of the organisation who opens, reviews and comments."""


class ExpectedResult(StrEnum):
    """How the first run must end."""

    COMPLETE = "complete"  # equal to an undisturbed one
    PARTIAL = "partial"  # what is missing is named, everything else is there
    STOPPED = "stopped"  # the run ends with an error that names the cause; what was done is kept


def make_small() -> Organisation:
    """Make an organisation of four repositories with about 100 pull requests, the last one without any."""
    organisation = make_organisation(5, AS_OF, 3, 100, 80, OWNER)
    organisation.add_repository(make_repository(organisation.owner, 77, "empty", "2026-01-01T00:00:00Z"))
    return organisation


@dataclass(frozen=True)
class FaultCase:
    """One fault. The page must contain `says`, or for a partial run `names`.

    `faults` are injected after discovery, so that they hit the ingestion, unless `is_early` is set. `poison` is the
    index of a pull request whose queries always time out. If `is_kept` is set, the warehouse keeps a repository that
    a new onboarding would not see. `source` is where this form of the response was seen, as a link in Markdown. With
    `is_lasting` the fault stays for NIGHTS nights; then the last one must be quiet, and what is missing flagged.
    `spoil` changes what GitHub has, for good, and `notes` is what the warehouse then says of one pull request. The
    fault goes on for `nights` more runs.
    """

    name: str
    faults: Callable[[Organisation], list[Fault]]
    result: ExpectedResult = ExpectedResult.COMPLETE
    says: str = "in the warehouse"
    names: str = ""
    is_early: bool = False
    poison: int | None = None
    is_kept: bool = False
    skew: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)
    next_settings: dict[str, Any] = field(default_factory=dict)
    limits: Limits | None = None
    spoil: Callable[[Organisation], None] | None = None
    notes: str = ""
    nights: int = 0
    source: str = ""
    is_lasting: bool = False


def repository_name_of(organisation: Organisation, place: int) -> str:
    return organisation.full_name(organisation.repositories[place])


def everywhere(*faults: Fault) -> Callable[[Organisation], list[Fault]]:
    """Make faults of all repositories."""
    return lambda organisation: list(faults)


def in_repository(place: int, **fault: Any) -> Callable[[Organisation], list[Fault]]:
    """Make a fault of one repository."""
    return lambda organisation: [Fault(repository=repository_name_of(organisation, place), **fault)]


def in_pull_request(place: int, **fault: Any) -> Callable[[Organisation], list[Fault]]:
    """Make a fault of one pull request, the one that is fetched last."""

    def make(organisation: Organisation) -> list[Fault]:
        repository = organisation.repositories[place]
        inside = [each for each in organisation.pull_requests_of(repository) if each["updatedAt"] > "2026-07-24"]
        oldest = min(inside, key=lambda each: str(each["updatedAt"]))
        return [Fault(repository=repository_name_of(organisation, place), number=oldest["number"], **fault)]

    return make


WAITS = "Waiting for GitHub's rate limit until"
LIMITS = [
    *(
        FaultCase(
            f"hourly limit, as {'HTTP 403' if form == '403' else form}",
            everywhere(Fault(Kind.PRIMARY_LIMIT, form=form, after=4)),
            says=WAITS,
        )
        for form in ("RATE_LIMIT", "RATE_LIMITED", "403")
    ),
    FaultCase("an hour of 12 points only", everywhere(), says=WAITS, limits=Limits(hourly_points=12)),
    *(
        FaultCase(
            f"secondary limit, HTTP {status}, retry-after {how}",
            everywhere(Fault(Kind.SECONDARY_LIMIT, status=status, retry_after=how, seconds=30, after=4)),
            says=WAITS,
        )
        for status in (403, 429, 200)
        for how in RetryAfter
    ),
    *(
        FaultCase(
            f"secondary limit as a date, GitHub's clock an hour {words}",
            everywhere(Fault(Kind.SECONDARY_LIMIT, retry_after=RetryAfter.DATE, seconds=30, after=4)),
            says=WAITS,
            skew=skew,
        )
        for words, skew in (("ahead", 3600.0), ("behind", -3600.0))
    ),
]

RESPONSES = [
    *(
        FaultCase(f"{words}, three times", everywhere(Fault(kind, status=status, times=3, after=4)))
        for words, kind, status in (
            ("502 as JSON", Kind.BAD_GATEWAY_JSON, 502),
            ("504 as JSON", Kind.BAD_GATEWAY_JSON, 504),
            ("200 with “something went wrong”", Kind.BAD_GATEWAY_JSON, 200),
            ("502, nginx's page", Kind.BAD_GATEWAY_HTML, 502),
            ("504, nginx's page", Kind.BAD_GATEWAY_HTML, 504),
            ("502, the unicorn's page", Kind.UNICORN, 502),
            ("503, empty", Kind.SERVER_ERROR, 503),
            ("200, empty", Kind.EMPTY, 200),
            ("malformed JSON", Kind.MALFORMED_JSON, None),
            ("reset in the middle of the body", Kind.RESET, None),
        )
    ),
    FaultCase(
        "no response at all, twice", everywhere(Fault(Kind.HANG, times=2, after=4)), settings={"timeout_seconds": 0.5}
    ),
    FaultCase(
        "RESOURCE_LIMITS_EXCEEDED beside half of the data, above 6 pull requests",
        everywhere(Fault(Kind.RESOURCE_LIMITS, operation=FETCH, above=6, times=None)),
    ),
    FaultCase(
        "queries that pass only with 5 pull requests",
        everywhere(Fault(Kind.TIMEOUT, operation=FETCH, above=5, times=None)),
    ),
    FaultCase(
        "scans that pass only with pages of 30",
        everywhere(Fault(Kind.TIMEOUT, operation="Scan", first_above=30, times=None)),
    ),
    FaultCase(
        "review threads that pass only by the ten",
        everywhere(Fault(Kind.TIMEOUT, operation="ThreadComments", above=10, times=None)),
    ),
    FaultCase(
        "one pull request that always times out",
        everywhere(),
        ExpectedResult.PARTIAL,
        names="could not be fetched: #",
        poison=3,
    ),
    FaultCase(
        "one repository that always times out",
        lambda organisation: [
            Fault(Kind.TIMEOUT, operation=name, repository=repository_name_of(organisation, 0), times=None)
            for name in (FETCH, "LightPullRequests")
        ],
        ExpectedResult.PARTIAL,
        names="HTTP 502",
    ),
    FaultCase(
        "GitHub down from the fifth request on",
        everywhere(Fault(Kind.BAD_GATEWAY_JSON, times=None, after=4)),
        ExpectedResult.STOPPED,
        says="HTTP 502",
    ),
    FaultCase("network gone for a minute", everywhere(Fault(Kind.RESET, times=6, after=4))),
    FaultCase(
        "network gone for good",
        everywhere(Fault(Kind.RESET, times=None, after=6)),
        ExpectedResult.STOPPED,
        says="the connection to GitHub broke",
    ),
]

WITHOUT_DATA = "[airbyte-connectors 1865](https://github.com/faros-ai/airbyte-connectors/pull/1865)"
UNKNOWN = "[docs 22607](https://github.com/github/docs/issues/22607)"
REST_BODY = "[devlake 1322](https://github.com/apache/devlake/issues/1322)"
HEAVY = "[GraphQL limits](https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api)"
RANDOM_401 = "[tap-github 90](https://github.com/MeltanoLabs/tap-github/pull/90)"
BAD_GATEWAY = "[steampipe-plugin-github 518](https://github.com/turbot/steampipe-plugin-github/issues/518)"

FORMS = [
    *(
        FaultCase(
            f"200 without data, {words}, three times, to {operation}",
            everywhere(Fault(kind, operation=operation, times=3)),
            source=source,
        )
        for words, kind, source in (
            ("“timedout”", Kind.TIMED_OUT, WITHOUT_DATA),
            ("an unknown error", Kind.UNKNOWN_ERROR, UNKNOWN),
        )
        for operation in ("Scan", FETCH, "ThreadComments", "Probe")
    ),
    FaultCase(
        "secondary limit, HTTP 200, among the errors of GraphQL",
        everywhere(Fault(Kind.SECONDARY_LIMIT, status=200, form="errors", seconds=30, after=4)),
        says=WAITS,
        source=REST_BODY,
    ),
    FaultCase(
        "one 401 right after an accepted call",
        everywhere(Fault(Kind.BAD_CREDENTIALS, after=4), Fault(Kind.BAD_CREDENTIALS, after=9)),
        source=RANDOM_401,
    ),
    FaultCase(
        "all comments of review threads 502",
        everywhere(Fault(Kind.BAD_GATEWAY_HTML, operation="ThreadComments", times=None)),
        ExpectedResult.PARTIAL,
        names="review threads",
        source=BAD_GATEWAY,
    ),
    FaultCase(
        "all queries for whole pull requests 502",
        everywhere(Fault(Kind.BAD_GATEWAY_HTML, operation=FETCH, times=None)),
        source=BAD_GATEWAY,
    ),
    FaultCase(
        "a proxy that shows a page of its own for good",
        everywhere(Fault(Kind.BAD_GATEWAY_HTML, status=403, times=None, after=4)),
        ExpectedResult.STOPPED,
        says="HTTP 403 (a page of HTML, “403 Error”)",
        source=BAD_GATEWAY,
    ),
]


def forget_some(organisation: Organisation) -> None:
    """Add open pull requests that no window reaches, to every repository: only the list of open ones has them."""
    opened = (AS_OF - timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%SZ")
    login = str(organisation.viewer["login"])
    for repository in organisation.repositories:
        for title in ("Forgotten", "Forgotten, too"):
            organisation.add(f"{OWNER}/{repository['name']}", opened, title, login)


PARTS = {
    "reviews": "reviews",
    "reviewThreads": "review threads",
    "comments": "comments",
    "commits": "commits",
    "files": "files",
    "timelineItems": "events",
    "labels": "labels",
    "assignees": "assignees",
    "reviewRequests": "review requests",
    "closingIssuesReferences": "closing issues",
}
"""The lists of a pull request, and their names in words."""


def cut(part: str, count: int = 1, **fault: Any) -> Callable[[Organisation], list[Fault]]:
    """Make lists of this name end after `count`, each time."""
    return everywhere(Fault(Kind.SHORT_LIST, part=part, count=count, times=None, **fault))


LISTS = [
    FaultCase(
        "the list of pull requests ends after 10 of each repository",
        cut("pullRequests", 10, operation="Scan"),
        ExpectedResult.PARTIAL,
        names="GitHub's list ended early: pull requests: 10 of",
    ),
    FaultCase(
        "the list of open pull requests ends after one",
        cut("pullRequests", 1, operation="ScanOpen"),
        ExpectedResult.PARTIAL,
        names="GitHub's list ended early: open pull requests: 1 of",
        spoil=forget_some,
    ),
    *(
        FaultCase(f"{words} of each pull request end after one", cut(part), ExpectedResult.PARTIAL, names=words)
        for part, words in PARTS.items()
        if part not in {"assignees", "reviewRequests", "closingIssuesReferences", "labels"}
    ),
    FaultCase(
        "the list of pull requests ends once and is complete the next time",
        everywhere(Fault(Kind.SHORT_LIST, part="pullRequests", count=10, operation="Scan")),
    ),
    FaultCase(
        "the list of pull requests ends one early for good",
        cut("pullRequests", 30, operation="Scan"),
        ExpectedResult.PARTIAL,
        names="GitHub's list ended early: pull requests",
        is_lasting=True,
    ),
    FaultCase(
        "reviews end after one for good", cut("reviews"), ExpectedResult.PARTIAL, names="reviews: ", is_lasting=True
    ),
]

ACCESS = [
    FaultCase(
        "token revoked in mid-run",
        everywhere(Fault(Kind.TOKEN_REVOKED, operation=FETCH, after=1)),
        ExpectedResult.STOPPED,
        says="GitHub does not accept the token",
        next_settings={"token": "another-token"},
    ),
    FaultCase(
        "a scope is missing",
        everywhere(Fault(Kind.SCOPES, operation="Scan", times=None)),
        ExpectedResult.STOPPED,
        says="has not been granted the required scopes",
    ),
    FaultCase(
        "single sign-on for the organisation",
        everywhere(Fault(Kind.SAML, times=None)),
        ExpectedResult.STOPPED,
        says="SAML enforcement",
        is_early=True,
    ),
    FaultCase(
        "single sign-on for one repository",
        in_repository(0, kind=Kind.SAML, operation="Scan", times=None),
        ExpectedResult.PARTIAL,
        names="SAML enforcement",
    ),
    FaultCase(
        "FORBIDDEN for one repository, from the fetch on",
        in_repository(0, kind=Kind.FORBIDDEN, operation=FETCH, times=None),
        ExpectedResult.PARTIAL,
        names="Resource not accessible",
    ),
    FaultCase(
        "NOT_FOUND for one repository among many",
        in_repository(0, kind=Kind.NOT_FOUND, times=None),
        ExpectedResult.PARTIAL,
        names="no longer exists, or the token may not see it",
    ),
]

CHANGES = [
    FaultCase(
        "repository deleted between scan and fetch",
        in_repository(0, kind=Kind.REMOVED_REPOSITORY, operation=FETCH, after=1),
        ExpectedResult.PARTIAL,
        names="no longer exists",
        is_kept=True,
    ),
    FaultCase(
        "repository renamed between scan and fetch",
        in_repository(0, kind=Kind.RENAMED_REPOSITORY, operation=FETCH, login="renamed"),
    ),
    FaultCase(
        "repository transferred between scan and fetch",
        in_repository(0, kind=Kind.TRANSFERRED_REPOSITORY, operation=FETCH, login="umbrella"),
        is_kept=True,
    ),
    FaultCase(
        "organisation renamed between scan and fetch",
        everywhere(Fault(Kind.RENAMED_ACCOUNT, operation=FETCH, login=OWNER)),
        source="[documentation](https://docs.github.com/en/organizations/managing-organization-settings/renaming-an-organization)",
    ),
    FaultCase(
        "organisation whose login changes its case",
        everywhere(Fault(Kind.RECASED_ACCOUNT, operation=FETCH, login=OWNER)),
    ),
    FaultCase(
        "an account renamed between scan and fetch",
        everywhere(Fault(Kind.RENAMED_ACCOUNT, operation=FETCH, login=SOMEBODY)),
        source="[documentation](https://docs.github.com/en/account-and-profile/concepts/username-changes)",
    ),
    FaultCase(
        "an account renamed, and its login taken over by somebody else",
        everywhere(Fault(Kind.TAKEN_OVER_ACCOUNT, operation="Scan", login=SOMEBODY)),
    ),
    FaultCase(
        "a login that changes its case between scan and fetch",
        everywhere(Fault(Kind.RECASED_ACCOUNT, operation=FETCH, login=SOMEBODY)),
    ),
    FaultCase(
        "repository archived between scan and fetch",
        in_repository(0, kind=Kind.ARCHIVED_REPOSITORY, operation=FETCH),
        is_kept=True,
    ),
    FaultCase(
        "repository emptied between scan and fetch", in_repository(0, kind=Kind.EMPTIED_REPOSITORY, operation=FETCH)
    ),
    FaultCase("a repository without pull requests", everywhere()),
    FaultCase(
        "an account deleted meanwhile (ghost)",
        everywhere(Fault(Kind.GHOST_ACCOUNT, operation="Scan", login=SOMEBODY)),
    ),
    FaultCase("a fork deleted meanwhile", in_pull_request(0, kind=Kind.DELETED_HEAD, operation="Scan")),
    FaultCase(
        "pull requests touched while they are scanned",
        everywhere(Fault(Kind.TOUCH, operation="Scan", times=6, count=3)),
    ),
    FaultCase(
        "pull requests touched while they are fetched", everywhere(Fault(Kind.TOUCH, operation=FETCH, times=4, count=3))
    ),
    FaultCase(
        "a pull request opened while the others are fetched",
        in_repository(0, kind=Kind.NEW_PULL_REQUEST, operation=FETCH, login=SOMEBODY),
    ),
    FaultCase(
        "a pull request deleted before it is fetched",
        in_pull_request(0, kind=Kind.DELETED_PULL_REQUEST, operation=FETCH),
    ),
]

CASES = (*LIMITS, *RESPONSES, *FORMS, *LISTS, *ACCESS, *CHANGES)
