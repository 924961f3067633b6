"""AI assistance by its traces: `signatures.toml` says what they look like.

What is found is a lower bound ("at least"): a person who leaves no trace is not found, and style is
never taken for evidence.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from tasks.llm.material import PullRequest

# Before this day no such tool was in anyone's hands: the technical preview of GitHub Copilot.
FIRST_TOOL_AT = datetime(2021, 6, 29, tzinfo=UTC)

LEVELS = ("none", "mentioned", "assisted", "authored")
PLACES = ("author", "branch", "commit", "trailer", "template", "body")
LONGEST_TEXT = 65_536  # GitHub's own limit of a body
LONGEST_QUOTE = 200


@dataclass(frozen=True)
class Signature:
    id: str
    tool: str
    place: str
    level: str
    pattern: re.Pattern[str]
    example: str
    unlike: str | None


@dataclass(frozen=True)
class Evidence:
    """One trace: `quote` is the text that matched, `kind` where it stood."""

    level: str
    tool: str
    quote: str
    kind: str
    signature: str


@dataclass(frozen=True)
class Signatures:
    version: str
    rows: tuple[Signature, ...]


@cache
def load_signatures() -> Signatures:
    data = tomllib.loads(files("tasks.llm").joinpath("signatures.toml").read_text("utf-8"))
    return Signatures(version=data["version"], rows=tuple(_signature(row) for row in data["signature"]))


def _signature(row: dict[str, str]) -> Signature:
    pattern = re.compile(row["pattern"], re.IGNORECASE | re.MULTILINE)
    return Signature(row["id"], row["tool"], row["place"], row["level"], pattern, row["example"], row.get("unlike"))


def find_evidence(pull_request: PullRequest) -> Evidence | None:
    """The strongest trace; of equals the one that stands in the more certain place. None where there is none."""
    if pull_request.created_at is not None and pull_request.created_at < FIRST_TOOL_AT:
        return None
    return max(traces(pull_request), key=_strength, default=None)


def traces(pull_request: PullRequest) -> Iterator[Evidence]:
    """Every trace, without regard to the pull request's date."""
    for place, texts in _texts_by_place(pull_request).items():
        for signature in load_signatures().rows:
            if signature.place == place:
                yield from _matches(signature, texts, pull_request)


def names_a_tool(quote: str) -> bool:
    """True where the text speaks of an AI tool at all: a quote that does not is no evidence of one."""
    return bool(_TOOL_WORDS.search(quote))


def bare_login(login: str) -> str:
    """REST writes `dependabot[bot]`, GraphQL `dependabot`."""
    return login.removesuffix("[bot]")


_TOOL_WORDS = re.compile(
    r"\b(ai|llms?|gpt[\w.-]*|chatgpt|copilot|claude|codex|cursor|devin|gemini|jules|aider|windsurf|openhands"
    r"|language model|assistant|agent)\b",
    re.IGNORECASE,
)


def _strength(evidence: Evidence) -> tuple[int, int, bool]:
    named = not evidence.tool.startswith("an AI")
    return LEVELS.index(evidence.level), -PLACES.index(_place_of(evidence)), named


def _place_of(evidence: Evidence) -> str:
    return next(row.place for row in load_signatures().rows if row.id == evidence.signature)


def _texts_by_place(pull_request: PullRequest) -> dict[str, list[str]]:
    text = f"{pull_request.title}\n{pull_request.body[:LONGEST_TEXT]}"
    authors = [name for commit in pull_request.commits for name in (commit.author_login, commit.author_name) if name]
    return {
        "author": [bare_login(pull_request.author_login)],
        "branch": [pull_request.head_ref],
        "commit": [bare_login(name) for name in dict.fromkeys(authors)],
        "trailer": [trailer for commit in pull_request.commits for trailer in commit.trailers],
        "template": [text],
        "body": [text],
    }


def _matches(signature: Signature, texts: Iterable[str], pull_request: PullRequest) -> Iterator[Evidence]:
    for text in texts:
        if match := signature.pattern.search(text):
            yield Evidence(
                level=_level(signature, pull_request),
                tool=signature.tool,
                quote=match.group(0).strip()[:LONGEST_QUOTE],
                kind="commit" if signature.place == "trailer" else signature.place,
                signature=signature.id,
            )
            return


def _level(signature: Signature, pull_request: PullRequest) -> str:
    """An agent's commits make the pull request the agent's only where they are at least half of them."""
    if signature.place != "commit" or signature.level != "authored":
        return signature.level
    names = [(bare_login(c.author_login or ""), bare_login(c.author_name or "")) for c in pull_request.commits]
    by_agent = sum(any(signature.pattern.search(name) for name in both) for both in names)
    return "authored" if 2 * by_agent >= len(names) else "assisted"
