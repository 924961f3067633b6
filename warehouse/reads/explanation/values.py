"""The values of an explanation: the pull request asked about, the steps of the walk, the cause it ends at. No I/O."""

import re
from dataclasses import asdict, dataclass
from enum import StrEnum

from warehouse.errors import BadArgument

REFERENCE = re.compile(r"(?:https?://[^/\s]+/)?([\w.-]+)/([\w.-]+)(?:#|/pull/)(\d{1,9})(?:[/?#]\S*)?", re.ASCII)


@dataclass(frozen=True)
class PullRequestReference:
    """A pull request as people name it."""

    owner: str
    name: str
    number: int

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    def __str__(self) -> str:
        return f"{self.full_name}#{self.number}"


class StepName(StrEnum):
    """The steps of the walk, in order; the value is what a person reads."""

    FOLLOWED = "Repository followed"
    SCANNED = "Repository scanned"
    LISTED = "Pull request listed"
    FETCHED = "Pull request fetched"
    CURRENT = "Complete and current"
    SHOWN = "Shown on the pages"


class StepState(StrEnum):
    """PASSED; NOTED: passed, with something to know; STOPPED: the walk ends here; NOT_REACHED: it ended before."""

    PASSED = "passed"
    NOTED = "noted"
    STOPPED = "stopped"
    NOT_REACHED = "not_reached"


class Cause(StrEnum):
    """Why a pull request is not shown; with OUTDATED and INCOMPLETE it is, but not as GitHub has it now."""

    NOT_FOLLOWED = "not_followed"
    SCAN_FAILED = "scan_failed"
    OUTSIDE_HISTORY = "outside_history"
    NEVER_LISTED = "never_listed"
    GONE = "gone"
    LEFT_FOR_LATER = "left_for_later"
    FETCH_FAILED = "fetch_failed"
    REFUSED = "refused"
    OUTDATED = "outdated"
    INCOMPLETE = "incomplete"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class Step:
    """One step of the walk: what was found, and what to do about it."""

    name: StepName
    state: StepState
    message: str = ""
    hint: str = ""
    cause: Cause | None = None


@dataclass(frozen=True)
class Explanation:
    """The walk for one pull request. `last_run` says in words what ran last; `pull_request_id` is None if unknown."""

    reference: PullRequestReference
    team_id: str
    steps: tuple[Step, ...]
    last_run: str
    pull_request_id: str | None = None

    @property
    def is_shown(self) -> bool:
        """Return whether the pages show it with their default filters."""
        return all(step.state is not StepState.STOPPED for step in self.steps)

    @property
    def cause(self) -> Cause | None:
        """Return why it is not shown; if it is, what is wrong with it, the nearest step first; None if nothing is."""
        return next((step.cause for step in reversed(self.steps) if step.cause), None)

    def to_json(self) -> dict[str, object]:
        """Return plain values for JSON."""
        return {
            "pull_request": str(self.reference),
            "team": self.team_id,
            "is_shown": self.is_shown,
            "cause": self.cause,
            "steps": [asdict(step) for step in self.steps],
            "last_run": self.last_run,
        }


def parse_reference(text: str) -> PullRequestReference:
    """Parse OWNER/NAME#N or the address of a pull request; BadArgument if it is neither."""
    found = REFERENCE.fullmatch(text.strip())
    if found is None:
        raise BadArgument(
            f"Invalid pull request '{text.strip()}'.",
            "Write it as OWNER/NAME#N, or as its address: https://github.com/OWNER/NAME/pull/N.",
        )
    return PullRequestReference(found[1], found[2], int(found[3]))
