"""Find evidence of AI assistance by the signatures in `signatures.toml`.

The result is a lower bound: assistance that leaves no trace is not found, and style never counts as evidence.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from tasks.llm.rules.pull_request import Commit, PullRequest
from tasks.llm.rules.redact import redact
from tasks.llm.rules.sanitise import MAX_TEXT_LENGTH

# The technical preview of GitHub Copilot; no such tool was available before.
FIRST_TOOL_AT = datetime(2021, 6, 29, tzinfo=UTC)

LEVELS = ("none", "mentioned", "assisted", "authored")
PLACES = ("author", "branch", "commit", "trailer", "merge", "template", "body")
KINDS = ("author", "branch", "commit", "template", "body")
"""Places as a reader knows them: trailers and merges belong to commits."""

MAX_QUOTE_LENGTH = 200


@dataclass(frozen=True)
class Signature:
    """One row of `signatures.toml`, which explains the fields."""

    id: str
    tool: str
    place: str
    level: str
    pattern: re.Pattern[str]
    example: str
    unlike: str

    @property
    def kind(self) -> str:
        return "commit" if self.place in {"trailer", "merge"} else self.place


@dataclass(frozen=True)
class SearchedText:
    """One text to search. `where` describes its location."""

    text: str
    where: str


@dataclass(frozen=True)
class AiEvidence:
    """One piece of evidence. `quote` is the text that matched, without secrets; `kind` is one of KINDS.

    `where` is its exact location: "trailer of commit 2 of 5", "body, line 14". `signature` is the id of the row
    that matched.
    """

    level: str
    tool: str
    quote: str
    kind: str
    where: str
    signature: str


@dataclass(frozen=True)
class Signatures:
    version: str
    rows: tuple[Signature, ...]


@cache
def load_signatures() -> Signatures:
    data = tomllib.loads(files("tasks.llm.rules").joinpath("signatures.toml").read_text("utf-8"))
    return Signatures(version=data["version"], rows=tuple(_signature(row) for row in data["signature"]))


def _signature(row: dict[str, str]) -> Signature:
    pattern = re.compile(row["pattern"], re.IGNORECASE | re.MULTILINE)
    return Signature(row["id"], row["tool"], row["place"], row["level"], pattern, row["example"], row["unlike"])


def find_evidence(pull_request: PullRequest) -> AiEvidence | None:
    """Return the strongest evidence, ties broken by the reliability of its place; None if there is none."""
    if pull_request.created_at is not None and pull_request.created_at < FIRST_TOOL_AT:
        return None
    return max(find_all_evidence(pull_request), key=_strength, default=None)


def find_all_evidence(pull_request: PullRequest) -> Iterator[AiEvidence]:
    """Yield all evidence, regardless of the date of the pull request."""
    for place, texts in _texts_by_place(pull_request).items():
        for signature in load_signatures().rows:
            if signature.place == place:
                yield from _matches(signature, texts, pull_request)


def mentions_ai_tool(quote: str) -> bool:
    """Return True if the text mentions an AI tool; a quote that does not is not evidence of one."""
    return bool(_TOOL_WORDS.search(quote))


def bare_login(login: str) -> str:
    """Remove the suffix of a bot: REST writes `dependabot[bot]`, GraphQL `dependabot`."""
    return login.removesuffix("[bot]")


_TOOL_WORDS = re.compile(
    r"\b(ai|llms?|gpt[\w.-]*|chatgpt|copilot|claude|codex|cursor|devin|gemini|jules|aider|windsurf|openhands"
    r"|language model|assistant|agent)\b",
    re.IGNORECASE,
)


def _strength(evidence: AiEvidence) -> tuple[int, int, bool]:
    named = not evidence.tool.startswith("an AI")
    return LEVELS.index(evidence.level), -PLACES.index(_place_of(evidence)), named


def _place_of(evidence: AiEvidence) -> str:
    return next(row.place for row in load_signatures().rows if row.id == evidence.signature)


def _texts_by_place(pull_request: PullRequest) -> dict[str, list[SearchedText]]:
    text = [SearchedText(f"{pull_request.title}\n{pull_request.body[:MAX_TEXT_LENGTH]}", "title")]
    return {
        "author": [SearchedText(bare_login(pull_request.author_login), "author of the pull request")],
        "branch": [SearchedText(pull_request.head_ref, "head branch")],
        "commit": list(_texts_of_commits(pull_request, "author", _names)),
        "trailer": list(_texts_of_commits(pull_request, "trailer", lambda commit: commit.trailers)),
        "merge": list(_texts_of_commits(pull_request, "headline", lambda commit: (commit.headline,))),
        "template": text,
        "body": text,
    }


def _texts_of_commits(
    pull_request: PullRequest, part: str, texts_of: Callable[[Commit], Iterable[str]]
) -> Iterator[SearchedText]:
    commits = pull_request.commits
    for number, commit in enumerate(commits, 1):
        for text in texts_of(commit):
            yield SearchedText(text, f"{part} of commit {number} of {len(commits)}")


def _names(commit: Commit) -> Iterator[str]:
    return (bare_login(name) for name in (commit.author_login, commit.author_name) if name)


def _matches(signature: Signature, texts: Iterable[SearchedText], pull_request: PullRequest) -> Iterator[AiEvidence]:
    """Yield the first match of a signature; one is enough."""
    for text in texts:
        if match := signature.pattern.search(text.text):
            yield AiEvidence(
                level=_level(signature, pull_request),
                tool=signature.tool,
                quote=redact(match.group(0)).text.strip()[:MAX_QUOTE_LENGTH],
                kind=signature.kind,
                where=_line_of(match, text),
                signature=signature.id,
            )
            return


def _line_of(match: re.Match[str], text: SearchedText) -> str:
    """Return the location of a match: title and body are searched as one text, other texts are one line each."""
    line = text.text.count("\n", 0, match.start())
    return f"body, line {line}" if line else text.where


def _level(signature: Signature, pull_request: PullRequest) -> str:
    """Return the level: commits by an agent count as `authored` only if they are at least half of all commits."""
    if signature.place != "commit" or signature.level != "authored":
        return signature.level
    commits = pull_request.commits
    by_agent = sum(any(signature.pattern.search(name) for name in _names(commit)) for commit in commits)
    return "authored" if 2 * by_agent >= len(commits) else "assisted"
