"""The one rule of what a pull request says that it reverts, for metrics, rules, events and the model's part.

GitHub's button writes a branch, a title, and a body that links the pull request. `git revert` quotes the headline of
the commit, which after a squash merge ends in the number, and names the hash in the body. People change one or two of
these, write `revert:` as conventional commits do, or `Revert #12`, or say that they back it out or roll it back.
Everything is decided here, in Python: other modules only narrow down what they read, by `MAY_BE_BODY` and
`MAY_BE_TITLE`.
"""

import re
from dataclasses import dataclass
from enum import IntEnum

MAY_BE_BODY = "reverts"
"""Whatever body names a revert contains this word, in any case."""
MAY_BE_TITLE = ("revert", "reapply", "re-apply", "reland", "re-land", "back")
"""Whatever title or branch names a revert contains one of these, in any case."""

_NAME = r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+"
# Nine digits fit an Int32.
_NUMBER = r"([0-9]{1,9})\b"
_THIS_REVERTS = r"^[ \t]*(?:[-*][ \t]+)?(?:this[ \t]+(?:(?:PR|pull request|change)[ \t]+)?)?reverts(?:[ \t]*:)?[ \t]+"
_OF_PULL_REQUEST = r"(?:(?:the[ \t]+)?(?:PRs?|pull requests?|changes?[ \t]+(?:from|in|of))[ \t]+)*"
_ONE = rf"(?:({_NAME})?#|gh-|https?://[^\s/]+/({_NAME})/pull/){_NUMBER}"
_BODY_NUMBER = re.compile(rf"(?im){_THIS_REVERTS}{_OF_PULL_REQUEST}{_ONE}")
# Reverts #12, #13 and #14
_NEXT_NUMBER = re.compile(rf"(?i)[ \t]*(?:,[ \t]*and\b|,|&|and\b)[ \t]*{_ONE}")
# git adds ", reversing changes made to HASH" if it reverts a merge: that hash is what stays.
_BODY_COMMITS = re.compile(
    rf"(?im){_THIS_REVERTS}(?:(?:merge[ \t]+)?commits?[ \t]+([^\n]*)|(?:\S*[/@])?([0-9a-f]{{40}})\b)"
)
_HASH = re.compile(r"(?i)\b[0-9a-f]{7,40}\b")
_BRANCH = re.compile(rf"^revert-{_NUMBER}(?:-|$)")
_WORDS = r"(?:revert|back(?:ed)?[ -]?out|roll(?:ed)?[ -]?back)"
_AGAIN = r"(?:re-?apply|re-?land)"
# In front of the word there may be an emoji, a tag or the type of a conventional commit: [1.2] Revert "...",
# fix: revert "...", :rewind: Revert "...".
_EMOJI = r"(?::[a-z0-9_+-]{1,40}:[ \t]*|[^\w\s\"'`“‘(\[#:<>.,;*_~-]{1,8}[ \t]*)?"
_PREFIX = rf"^{_EMOJI}(?:\[[^\]\n]{{1,40}}\][ \t]*|(?!{_WORDS})[a-z]+(?:\([^()\n]*\))?!?:[ \t]*)?"
_TITLE_NUMBER = re.compile(
    rf"(?i){_PREFIX}(?:revert(?:s|ed|ing)?|{_WORDS})(?:\([^()\n]*\))?!?:?[ \t]+{_OF_PULL_REQUEST}"
    rf"(?:({_NAME})?#|gh-){_NUMBER}"
)
_TITLE_HASH = re.compile(rf"(?i){_PREFIX}revert(?:s|ed|ing)?:?[ \t]+(?:commits?[ \t]+)?([0-9a-f]{{7,40}})\b")
_TITLE_QUOTE = re.compile(
    rf"""(?i){_PREFIX}({_WORDS}|revert(?:s|ed|ing)|{_AGAIN})[ \t]+["“'`](.+)["”'`](?:[ \t]*(\(#[0-9]{{1,9}}\)))?$"""
)
_TITLE_CONVENTIONAL = re.compile(rf"(?i)^{_EMOJI}(?:{_WORDS}(?:\([^()\n]*\))?!?:|\[{_WORDS}\]:?)[ \t]+(.+)$")
_TITLE_OPEN = re.compile(rf"""(?i){_PREFIX}(?:revert|re-?apply)[ \t]+["“]""")
_SQUASHED = re.compile(rf"^(.*\S)[ \t]*\(#{_NUMBER}\)$")
_QUOTES = "\"“”'`"
# A longer line has a reason in it.
MAX_TOOL_LINE = 120
# What a template or a log shows as an example says nothing.
_COMMENT = re.compile(r"(?s)<!--.*?-->")
_CODE = re.compile(r"(?sm)^```.*?^```")


class Certainty(IntEnum):
    """How surely a pull request reverts another: by number or hash, or by its title alone."""

    TITLE = 1
    NAMED = 2


@dataclass(frozen=True)
class Named:
    """A pull request that another one says it reverts. `full_name` None: one of the same repository."""

    number: int
    full_name: str | None = None


@dataclass(frozen=True)
class Target:
    """A pull request that may be reverted. `full_name` is owner/name of its repository in lower case.

    `titles` are all that it ever had; `hashes` those of its commits and of what its merge made.
    """

    full_name: str
    number: int
    titles: frozenset[str] = frozenset()
    hashes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Said:
    """What a pull request says that it reverts; all empty if it says only that it reverts something.

    `named` come from body, branch and title, in this order; `hashes` are 7 to 40 digits in lower case; `titles` those
    that its own title quotes, the likelier first; `squashed` is the number within the quote.
    """

    named: tuple[Named, ...] = ()
    hashes: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    squashed: tuple[int, ...] = ()

    def numbers(self, full_name: str) -> set[int]:
        """Return the numbers that it names of its own repository `full_name`."""
        return {one.number for one in self.named if (one.full_name or full_name).lower() == full_name.lower()}

    def certainty(self, full_name: str, target: Target) -> Certainty | None:
        """Return how surely it, of the repository `full_name`, reverts `target`; None if it does not.

        Titles count only within the repository, and only if it names no number of it.
        """
        named = {(one.full_name or full_name).lower() for one in self.named if one.number == target.number}
        if target.full_name in named or any(whole.startswith(part) for part in self.hashes for whole in target.hashes):
            return Certainty.NAMED
        if target.full_name != full_name.lower() or self.numbers(full_name):
            return None
        if target.number in self.squashed and target.titles.intersection(self.titles):
            return Certainty.NAMED
        return Certainty.TITLE if target.titles.intersection(self.titles) or target.number in self.squashed else None


def read_revert(title: str, body: str, head_ref: str) -> Said | None:
    """Return what a pull request says that it reverts, None if it does not say that it reverts anything."""
    title = title.strip()
    text = _leave_out_examples(body) if MAY_BE_BODY in body.lower() else ""
    named = (*_numbers_in(text), *_numbers_elsewhere(title, head_ref))
    hashes = (*_hashes_in(text), *_hashes_of(title))
    quoted, numbers = _quote_of(title)
    if not (named or hashes or quoted or _TITLE_OPEN.search(title)):
        return None
    return Said(named, hashes, quoted, numbers)


def _leave_out_examples(body: str) -> str:
    """Return the body without comments and code; behind the last end of a comment none is looked for."""
    end = body.rfind("-->") + len("-->") if "-->" in body else 0
    return _CODE.sub("", _COMMENT.sub("", body[:end]) + body[end:])


def is_revert(title: str, body: str, head_ref: str) -> bool:
    """Return True if a pull request says that it reverts anything, by number, title or commit."""
    return read_revert(title, body, head_ref) is not None


def is_only_revert(title: str, body: str, head_ref: str) -> bool:
    """Return True if a pull request is what a button or `git revert` makes, with nothing added by a person."""
    said = read_revert("", body, head_ref)
    lines = [line for line in body.splitlines() if line.strip()]
    return title.startswith('Revert "') and said is not None and all(map(_is_said_by_tool, lines))


def _is_said_by_tool(line: str) -> bool:
    is_said = _BODY_NUMBER.search(line) or _BODY_COMMITS.search(line) or line.startswith("changes made to ")
    return bool(is_said) and len(line) < MAX_TOOL_LINE


def _numbers_in(body: str) -> list[Named]:
    named = []
    for first in _BODY_NUMBER.finditer(body):
        found: re.Match[str] | None = first
        while found is not None:
            named.append(Named(int(found[3]), found[1] or found[2]))
            found = _NEXT_NUMBER.match(body, found.end())
    return named


def _hashes_of(title: str) -> list[str]:
    """Return the hash that a title names; without a digit it is a word."""
    found = _TITLE_HASH.search(title)
    return [found[1].lower()] if found and any(each.isdigit() for each in found[1]) else []


def _numbers_elsewhere(title: str, head_ref: str) -> list[Named]:
    in_branch, in_title = _BRANCH.search(head_ref), _TITLE_NUMBER.search(title)
    named = [Named(int(in_branch[1]))] if in_branch else []
    return [*named, Named(int(in_title[2]), in_title[1])] if in_title else named


def _hashes_in(body: str) -> list[str]:
    """Return the hashes in lines that begin a paragraph or follow another such line: within one they are quoted."""
    hashes: list[str] = []
    may_begin = True
    for line in body.splitlines():
        commits = _BODY_COMMITS.search(line)
        if commits and may_begin:
            words = commits[2] or commits[1].partition("reversing")[0]
            hashes += [found.lower() for found in _HASH.findall(words)]
        may_begin = not line.strip() or bool(commits and may_begin) or bool(_BODY_NUMBER.search(line))
    return hashes


def _quote_of(title: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the titles that a title quotes, and the numbers that stand behind them, as a squash merge writes them."""
    quote, conventional = _TITLE_QUOTE.search(title), _TITLE_CONVENTIONAL.search(title)
    if quote is not None and re.fullmatch(_AGAIN, quote[1], re.IGNORECASE):
        # What git writes for the revert of a revert: Reapply "X" takes back the pull request Revert "X".
        return (f'Revert "{quote[2]}"',), ()
    if quote is not None and quote[3]:
        # Revert "X (#12)" (#14): the second number may be its own.
        (titles, numbers), (inner, within) = (_split_number(each) for each in (f"{quote[2]} {quote[3]}", quote[2]))
        return tuple(dict.fromkeys((*titles, *inner))), tuple(dict.fromkeys((*numbers, *within)))
    if quote is not None:
        return _split_number(quote[2])
    if conventional is not None and not _TITLE_NUMBER.search(title):
        return _split_number(conventional[1])
    return (), ()


def _split_number(quoted: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return a quoted title as it stands and without the number at its end, and this number."""
    is_quoted = quoted[0] in _QUOTES and quoted[-1] in _QUOTES
    bare = quoted[1:-1] if is_quoted else quoted
    titles = dict.fromkeys((quoted, bare))
    numbers = []
    for text in (quoted, bare):
        if squashed := _SQUASHED.search(text):
            titles[squashed[1]] = None
            numbers.append(int(squashed[2]))
    return tuple(titles), tuple(dict.fromkeys(numbers))
