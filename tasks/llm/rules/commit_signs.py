"""What the commits of a pull request show of a tool, and which of them belong to other pull requests."""

import re

from tasks.llm.rules.pull_request import Commit, PullRequest
from tasks.llm.rules.signatures import Signatures

# A pull request with this many commits of other pull requests is a collection of them, such as a release.
MIN_COLLECTED = 2
_MERGE = re.compile(r"^merge pull request #\d+ from ", re.IGNORECASE)
_SQUASHED = re.compile(r"\(#(\d+)\)$")
# Branches that collect other pull requests on their way to a release.
_COLLECTING_BRANCH = re.compile(
    r"^(?:dev|develop|development|main|master|trunk|next|staging|stage|canary|beta|release|production)$"
    r"|^(?:releases?|sync|backmerge|merge|promote|hotfix-release)[/-]",
    re.IGNORECASE,
)


class CommitSigns:
    """The commits of a pull request: which of them show a tool, and which come from other pull requests.

    A release consists of nothing else. Another pull request collects those of its own parts if tools made most of
    them, as in a fork whose agent worked in pull requests.
    """

    def __init__(self, pull_request: PullRequest, signatures: Signatures) -> None:
        rows = [row for row in signatures.rows if row.alone and row.place in _OF_SHARE and row.level != "denied"]
        self._rows = {place: [row.pattern for row in rows if row.place == place] for place in _OF_SHARE}
        commits = pull_request.commits
        self._shown = [self._shows_tool(commit) for commit in commits]
        self._collected = [_is_collected(commit, pull_request.number) for commit in commits]
        self.is_release = bool(_COLLECTING_BRANCH.match(pull_request.head_ref))

    @property
    def share(self) -> float | None:
        """Return the share of the commits that show a tool; None without commits."""
        return sum(self._shown) / len(self._shown) if self._shown else None

    def are_others(self, index: int) -> bool:
        """Return True if a commit belongs to another pull request, and is no sign that a tool took part in this one."""
        if self.is_release:
            return True
        by_tool = [shown for shown, collected in zip(self._shown, self._collected, strict=True) if collected]
        return self._collected[index] and len(by_tool) >= MIN_COLLECTED and 2 * sum(by_tool) < len(by_tool)

    def _shows_tool(self, commit: Commit) -> bool:
        texts = {
            "commit": logins(commit),
            "name": names(commit),
            "trailer": commit.trailers,
            "merged": (commit.headline,),
        }
        return any(
            pattern.search(text) for place, each in texts.items() for text in each for pattern in self._rows[place]
        )


_OF_SHARE = ("commit", "name", "trailer", "merged")


def _is_collected(commit: Commit, number: int) -> bool:
    """Return True for a commit that GitHub made when another pull request was merged, by merge or by squash."""
    squashed = _SQUASHED.search(commit.headline)
    return bool(_MERGE.match(commit.headline) or (squashed and int(squashed[1]) != number))


def bare_login(login: str) -> str:
    """Remove the suffix of a bot: REST writes `dependabot[bot]`, GraphQL `dependabot`."""
    return login.removesuffix("[bot]")


def logins(commit: Commit) -> tuple[str, ...]:
    """Return the login of the author, none if GitHub knows none."""
    return (bare_login(commit.author_login),) if commit.author_login else ()


def names(commit: Commit) -> tuple[str, ...]:
    """Return the name of an author without a login, with the domain of the address if it is known."""
    if commit.author_login or not commit.author_name:
        return ()
    return (f"{commit.author_name} <@{commit.author_domain}>" if commit.author_domain else commit.author_name,)
