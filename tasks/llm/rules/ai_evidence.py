"""Find evidence of AI assistance by the signatures in `signatures.toml`.

The result is a lower bound: assistance that leaves no trace is not found, and style never counts as evidence. What
counts is the place: a footer that is quoted, fenced or carried along by a bot says nothing about this pull request.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tasks.llm.rules.body_text import BodyText, Text, divide_body
from tasks.llm.rules.commit_signs import CommitSigns, bare_login, logins, names
from tasks.llm.rules.pull_request import Commit, PullRequest
from tasks.llm.rules.redact import redact
from tasks.llm.rules.signatures import LEVELS, PLACES, Signature, Signatures, load_signatures
from warehouse.metrics.accounts.people import bot_reason

# The technical preview of GitHub Copilot; no such tool was available before.
FIRST_TOOL_AT = datetime(2021, 6, 29, tzinfo=UTC)

KINDS = ("author", "branch", "commit", "template", "body")
"""Places as a reader knows them: trailers and merges belong to commits."""

USE = frozenset({"assisted", "authored"})
MAX_QUOTE_LENGTH = 200


@dataclass(frozen=True)
class AiEvidence:
    """One piece of evidence. `quote` is the text that matched, without secrets; `kind` is one of KINDS.

    `where` is its exact location: "trailer of commit 2 of 5", "body, line 14". `signature` is the id of the row
    that matched, and `place` its place.
    """

    level: str
    tool: str
    quote: str
    kind: str
    where: str
    signature: str
    place: str

    @property
    def names_tool(self) -> bool:
        """Return False if the evidence only shows that some tool was used."""
        return not self.tool.startswith("an AI")


@dataclass(frozen=True)
class AiFindings:
    """All evidence of a pull request.

    `strongest` is None if there is none. `tools` took part or are in its commits, each once, the one with the
    strongest evidence first. `signatures` are the ids of all rows that matched. `commit_share` is the share of its
    commits that show a tool (0 to 1), None without commits.
    """

    strongest: AiEvidence | None = None
    tools: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    commit_share: float | None = None


@dataclass(frozen=True)
class _Searched:
    """One text to search. `where` describes its location; `raw` is a line of the body as it was written.

    `commit` is the place of the commit that it belongs to, from 0; `is_at_end` is True for the last lines of the body.
    """

    text: str
    where: str
    kind: str
    raw: str | None = None
    commit: int | None = None
    is_at_end: bool = True


def find_evidence(pull_request: PullRequest, signatures: Signatures | None = None) -> AiEvidence | None:
    """Return the strongest evidence, ties broken by the reliability of its place; None if there is none."""
    return gather_evidence(pull_request, signatures).strongest


def gather_evidence(pull_request: PullRequest, signatures: Signatures | None = None) -> AiFindings:
    """Return all evidence of a pull request; none from before the first tool."""
    commits = len(pull_request.commits)
    if pull_request.created_at is not None and pull_request.created_at < FIRST_TOOL_AT:
        return AiFindings(commit_share=0.0 if commits else None)
    found = sorted(find_all_evidence(pull_request, signatures), key=_strength, reverse=True)
    shown = [one for one in found if one.level in USE or one.level == "contains"]
    named = dict.fromkeys(one.tool for one in shown if one.names_tool) or dict.fromkeys(one.tool for one in shown)
    return AiFindings(
        strongest=found[0] if found else None,
        tools=tuple(named),
        signatures=tuple(dict.fromkeys(one.signature for one in found)),
        commit_share=CommitSigns(pull_request, signatures or load_signatures()).share,
    )


def find_all_evidence(pull_request: PullRequest, signatures: Signatures | None = None) -> list[AiEvidence]:
    """Return all evidence, regardless of the date; the first match of each row only."""
    signatures = signatures or load_signatures()
    searcher = _Searcher(pull_request, signatures)
    found = [one for row in signatures.rows if (one := searcher.first_match(row)) is not None]
    alone = {row.id for row in signatures.rows if row.alone}
    sure = {one.tool for one in found if one.signature in alone and one.level not in {"mentioned", "denied"}}
    return [one for one in found if one.signature in alone or one.tool in sure]


def mentions_ai_tool(quote: str) -> bool:
    """Return True if the text mentions an AI tool; a quote that does not is not evidence of one."""
    return bool(_TOOL_WORDS.search(quote))


_TOOL_WORDS = re.compile(
    r"\b(ai|llms?|gpt[\w.-]*|chatgpt|copilot|claude|codex|cursor|devin|gemini|jules|aider|windsurf|openhands"
    r"|opencode|junie|kiro|amp|warp|oz|droid|factory|open swe|language model|assistant|agent)\b",
    re.IGNORECASE,
)
# A body without any of these needs no search: most people's are like that.
_MAY_MATTER = re.compile(
    r"\b(?:ai|gai|llms?|gen ?ai|generative|claude|anthropic|language models?|devin|jules|amp\w*|oz|warp|made|agents?)\b"
    r"|gpt|copilot|codex|cursor|gemini|aider|windsurf|openhands|opencode|junie|kiro|droid|factory|swe\b|sweep"
    r"|lovable|cosine|codegen|replit|antigravity|oaicite|【|deepseek|qwen|augment|crush|continue\.dev|all-hands|generated|assisted",
    re.IGNORECASE,
)
# Words before or within a match, in the same clause, that turn it around; and those that make it a condition.
_DENIAL = re.compile(
    r"\b(?:no(?! (?:doubt|longer))|not(?! (?:only|just))|never|none|neither|nor|without|nothing|cannot)\b"
    r"|n['’]t\b|\b(?:instead of|rather than|unlike)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:if|whether|unless|should|must|may|might|could|would|can|please|when(?:ever)?|any"
    r"|how to|(?<!\bi )(?<!\bwe )lets?|allows?|users?|detects?|flags?|marks?|checks?|shows?)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:()—–]| - |\b(?:but|so|because|since|and then|while)\b", re.IGNORECASE)
# What may follow a footer on its line: nothing, punctuation, or a few words that join.
_REST = re.compile(
    r"(?:\s*$|\s*[^\w\s'’`\"].*$|\s+(?:and|by|in|via|for|from|on|then|under|with|using|at|started|requested)\b.*$|\s*https?:)"
)
MAX_REST_LENGTH = 140
_TRAILER_LINE = re.compile(r"^[A-Za-z][A-Za-z-]{2,30}: ?\S")


def _strength(evidence: AiEvidence) -> tuple[int, int, bool]:
    return LEVELS.index(evidence.level), -PLACES.index(evidence.place), evidence.names_tool


class _Searcher:
    """The texts of one pull request by place, and the rules on what a match in them means."""

    def __init__(self, pull_request: PullRequest, signatures: Signatures) -> None:
        self._pull_request = pull_request
        self._commits = CommitSigns(pull_request, signatures)
        agents = [row for row in signatures.at("author") if row.pattern.search(bare_login(pull_request.author_login))]
        self._texts = dict(_texts_of_head(pull_request))
        if agents or not _is_automation(pull_request):
            # A team's own words may be any, so that the shortcut by ours does not hold.
            has_own = any(row.is_of_team for row in signatures.rows)
            self._texts |= _texts_of_body(pull_request, is_certain=has_own)

    def first_match(self, row: Signature) -> AiEvidence | None:
        """Return the first match of the highest level."""
        found: list[AiEvidence] = []
        for searched in self._texts.get(row.place, ()):
            match = row.pattern.match(searched.text) if row.place in _FROM_START else row.pattern.search(searched.text)
            if match is None or not _holds(row, match):
                continue
            if level := self._level(row, match, searched):
                found.append(_evidence(row, match, searched, level))
        return max(found, key=lambda one: LEVELS.index(one.level), default=None)

    def _level(self, row: Signature, match: re.Match[str], searched: _Searched) -> str | None:
        """Return what the match shows here; None if it is a condition or a question."""
        if row.place == "prose" and row.level != "denied":
            return _level_of_sentence(row, match)
        if searched.commit is not None:
            return self._level_of_commit(row, searched.commit)
        # Within a release, only the last lines are about the pull request itself.
        is_carried = self._commits.is_release and row.place in _CARRIED and row.level in USE
        return "contains" if is_carried and not searched.is_at_end else row.level

    def _level_of_commit(self, row: Signature, index: int) -> str:
        """Return the level: an agent's commits count as `authored` only if they are at least half of all commits."""
        if row.level == "denied" or row.place == "merge":
            return row.level
        if self._commits.are_others(index):
            return "contains"
        if row.level != "authored":
            return "assisted"
        commits = self._pull_request.commits
        names_of = logins if row.place == "commit" else names
        by_agent = sum(any(row.pattern.search(name) for name in names_of(commit)) for commit in commits)
        return "authored" if 2 * by_agent >= len(commits) else "assisted"


def _evidence(row: Signature, match: re.Match[str], searched: _Searched, level: str) -> AiEvidence:
    quote = match.group(0) if searched.raw is None else _quote_of(match, searched.raw)
    return AiEvidence(
        level=level,
        tool=row.tool,
        quote=redact(quote).text.strip()[:MAX_QUOTE_LENGTH],
        kind=searched.kind,
        where=searched.where,
        signature=row.id,
        place=row.place,
    )


# Places whose patterns match from the beginning of the text.
_FROM_START = frozenset({"footer", "answer", "template"})
# What a release may carry along from the bodies of its pull requests.
_CARRIED = frozenset({"footer", "trailer", "marker"})
LAST_LINES = 3


def _holds(row: Signature, match: re.Match[str]) -> bool:
    """Return False for a footer that goes on as a sentence."""
    rest = match.string[match.end() :]
    return row.place != "footer" or (len(rest) <= MAX_REST_LENGTH and bool(_REST.match(rest)))


def _level_of_sentence(row: Signature, match: re.Match[str]) -> str | None:
    clauses = [found.end() for found in _CLAUSE.finditer(match.string, 0, match.start())]
    clause = match.string[clauses[-1] if clauses else 0 : match.end()]
    if match.string.rstrip().endswith("?") or _CONDITION.search(clause) or _is_quoted(match):
        return None
    return "denied" if _DENIAL.search(clause) else row.level


def _is_quoted(match: re.Match[str]) -> bool:
    before = match.string[: match.start()]
    return before.count('"') % 2 == 1 or before.count("“") > before.count("”")


def _quote_of(match: re.Match[str], raw: str) -> str:
    """Return the words that matched if they are in the line as it was written, else that line."""
    words = match.group(0).strip()
    return words if words in raw else raw


def _is_automation(pull_request: PullRequest) -> bool:
    """Return True for a bot: what its text says of tools is about something else, such as release notes."""
    if pull_request.is_known_bot is not None:
        return pull_request.is_known_bot
    return bot_reason(pull_request.author_login, pull_request.author_kind) is not None


def _texts_of_head(pull_request: PullRequest) -> Iterator[tuple[str, list[_Searched]]]:
    yield "author", [_Searched(bare_login(pull_request.author_login), "author of the pull request", "author")]
    yield "branch", [_Searched(pull_request.head_ref, "head branch", "branch")]
    yield "commit", list(_texts_of_commits(pull_request, "author", logins))
    yield "name", list(_texts_of_commits(pull_request, "author", names))
    yield "trailer", list(_texts_of_commits(pull_request, "trailer", lambda commit: commit.trailers))
    headlines = list(_texts_of_commits(pull_request, "headline", lambda commit: (commit.headline,)))
    yield "merge", headlines
    yield "merged", headlines


def _texts_of_body(pull_request: PullRequest, *, is_certain: bool) -> dict[str, list[_Searched]]:
    """Return the texts of title and body by place; none if no word in them could matter, unless `is_certain`."""
    title, body = pull_request.title, pull_request.body
    if not is_certain and not _MAY_MATTER.search(title) and not _MAY_MATTER.search(body):
        return {}
    parts = divide_body(body)
    trailers = [line for line in parts.footers if _TRAILER_LINE.match(line.text)]
    own = [_Searched(title, "title", "body", title)]
    return {
        "marker": _searched(parts.markers, parts),
        "footer": [*own, *_searched(parts.footers, parts)],
        "template": _searched(parts.ticked, parts, "template"),
        "answer": _searched(parts.answers, parts),
        "prose": _searched(parts.sentences, parts),
        "mention": [*own, *_searched(parts.footers, parts)],
        "trailer": [
            *_texts_of_commits(pull_request, "trailer", lambda commit: commit.trailers),
            *_searched(trailers, parts),
        ],
    }


def _searched(texts: Sequence[Text], parts: BodyText, kind: str = "body") -> list[_Searched]:
    end = parts.footers[-LAST_LINES].line if len(parts.footers) >= LAST_LINES else 0
    return [
        _Searched(each.text, f"body, line {each.line}", kind, each.raw, is_at_end=each.line >= end) for each in texts
    ]


def _texts_of_commits(
    pull_request: PullRequest, part: str, texts_of: Callable[[Commit], Iterable[str]]
) -> Iterator[_Searched]:
    commits = pull_request.commits
    for number, commit in enumerate(commits, 1):
        for text in texts_of(commit):
            yield _Searched(text, f"{part} of commit {number} of {len(commits)}", "commit", commit=number - 1)
