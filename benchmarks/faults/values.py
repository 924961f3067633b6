"""Values that the warehouse cannot hold or that cannot be, in one pull request each, over more than one night."""

from collections.abc import Callable
from typing import Any

from benchmarks.faults.cases import ExpectedResult, FaultCase, everywhere
from simulators.github.store import records
from simulators.github.story.organisation import Organisation

NULS = "[octobox 705](https://github.com/octobox/octobox/pull/705)"
HUGE = "[mergestat 1007](https://github.com/mergestat/mergestat/issues/1007)"
Spoil = Callable[[dict[str, Any]], object]


def in_one(spoil: Spoil) -> Callable[[Organisation], None]:
    """Spoil the newest merged pull request that has commits, files and reviews."""

    def apply(organisation: Organisation) -> None:
        found = [each for each in organisation.pull_requests() if each["commits"] and each["files"] and each["reviews"]]
        spoil(max(found, key=lambda each: str(each["updatedAt"])))

    return apply


def commit(**fields: object) -> Spoil:
    """Change the first commit."""
    return lambda one: one["commits"][0]["commit"].update(fields)


def case(name: str, spoil: Spoil, notes: str, source: str = NULS) -> FaultCase:
    return FaultCase(name, everywhere(), spoil=in_one(spoil), notes=notes, nights=1, source=source)


TRAILER = "Mend it\n\nCo-authored-by: Bob\x00 <bob@example.test>"
VALUES = [
    FaultCase(
        "a pull request that times out for three nights",
        everywhere(),
        ExpectedResult.PARTIAL,
        names="could not be fetched: #",
        poison=3,
        nights=3,
        source=HUGE,
    ),
    case("a NUL in a label", lambda one: one.update(labels=[records.label(1, "a\x00b", "ffffff")]), "labels: NUL"),
    case("a NUL in a trailer", commit(message=TRAILER), "commits.trailers: NUL"),
    case("a NUL in a headline", commit(message="Mend\x00 it"), "commits.headline: NUL"),
    case("a NUL in a body", lambda one: one.update(body="Why\x00?"), "body: NUL"),
    case("a NUL in a path", lambda one: one["files"][0].update(path="a\x00.py"), "files.path: NUL"),
    case("a NUL in a review", lambda one: one["reviews"][0].update(body="No\x00"), "reviews.body: NUL"),
    case("a size that no column holds", lambda one: one.update(additions=2**31 - 1 + 1), "additions: a number of that"),
    case("a size below 0", lambda one: one.update(deletions=-1), "deletions: a number below 0"),
    case("a commit of the year 10000", commit(authoredDate="10000-01-01T00:00:00Z"), "commits.authored_at: the time"),
    case("a commit of the year 0", commit(committedDate="0000-01-01T00:00:00Z"), "commits.committed_at: the time"),
    case("a commit of 1970", commit(authoredDate="1970-01-01T00:00:00Z"), ""),
]
