"""Find the keys of issues in the texts of a pull request: `SHOP-123`.

What counts is the place: code, quotes, HTML comments and blocks of bots in a body are left out, as for the signs of AI
(tasks/llm/rules/body_text.py), and so are addresses of other sites and the branches that a merge commit names.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from tasks.llm.rules.body_text import divide_body, plain_line

TITLE, BRANCH, BODY, COMMIT = "title", "branch", "body", "commit"
PLACES = (TITLE, BRANCH, BODY, COMMIT)
"""Where a key can be, the most certain place first."""

# What looks like a key and is the name of a standard, an encoding, an algorithm, a model or a report.
NOT_PROJECTS = frozenset(
    {
        *("UTF", "UCS", "ASCII", "CP", "ISO", "IEC", "IEEE", "ANSI", "ECMA", "RFC", "PEP", "JEP", "JSR", "BCP"),
        *("NIST", "FIPS", "CVE", "CWE", "GHSA", "CAPEC", "SHA", "MD", "AES", "DES", "RSA", "DSA", "ECDSA", "CRC"),
        *("BASE", "HMAC", "PBKDF", "TLS", "SSL", "SSH", "HTTP", "HTTPS", "IPV", "TCP", "X", "ES", "GPT", "LLAMA"),
        *("CLAUDE", "GEMINI", "COVID", "JDK", "JAVA", "PY", "PYTHON", "NODE", "PHP", "GO", "EC", "PR", "MR", "GH"),
        *("ISSUE", "BUG", "FIX", "STEP", "PHASE", "PART", "RC", "ALPHA", "BETA", "V", "VERSION", "WIN", "WINDOWS"),
        *("MAC", "ARM", "AMD", "USB", "HDMI", "DDR", "MP", "GB", "MB", "KB", "UTC", "GMT", "CET", "CEST", "EST"),
        *("EDT", "PST", "PDT", "Q", "FY", "TODO", "FIXME", "XXX"),
    }
)
MAX_KEYS = 20
"""Of one pull request; one that lists more is a list, such as release notes, and no work on them."""

_PATTERN = re.compile(r"(?<![\w.-])([A-Z][A-Z0-9]{1,9})-([1-9][0-9]{0,9})(?![\w]|-\d|\.\d)")
_CODE_SPAN = re.compile(r"`[^`]*`")
_ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"']+")
_MERGE = re.compile(r"^Merge (?:pull request|branch|branches|remote-tracking|tag|commit)\b")


@dataclass(frozen=True)
class Site:
    """What is known of Jira when keys are looked for.

    `projects` are the keys of its projects, earlier ones among them; None if they are not known yet: then what looks
    like a key counts, apart from names of standards.
    """

    url: str
    projects: frozenset[str] | None = None


@dataclass(frozen=True)
class Texts:
    """The texts of one pull request. `commits` are headlines and trailers, each on its own."""

    title: str
    branch: str
    body: str
    commits: Sequence[str] = ()


def find_keys(texts: Texts, site: Site) -> dict[str, str]:
    """Return each key with the most certain place that it was found in, in the order of certainty and of the text."""
    finder = _Finder(site)
    found: dict[str, str] = {}
    for place, keys in (
        (TITLE, finder.in_text(_CODE_SPAN.sub(" ", texts.title))),
        (BRANCH, finder.in_branch(texts.branch)),
        (BODY, finder.in_body(texts.body)),
        (COMMIT, finder.in_commits(texts.commits)),
    ):
        for key in keys:
            found.setdefault(key, place)
    return dict(list(found.items())[:MAX_KEYS])


class _Finder:
    """Finds keys of the projects of one site."""

    def __init__(self, site: Site) -> None:
        self._projects = site.projects
        self._host = (urlsplit(site.url).hostname or "").lower()
        names = "|".join(sorted(map(re.escape, site.projects or ()), key=len, reverse=True))
        # In a branch a key stands between dashes, and often in small letters; only known projects are sure there.
        self._known = re.compile(rf"(?<![\w.])({names})-([1-9][0-9]{{0,9}})(?!\w|\.\d)") if names else None
        self._in_branch = (
            re.compile(rf"(?i)(?<![A-Za-z0-9])({names})-([1-9][0-9]{{0,9}})(?![A-Za-z0-9])") if names else None
        )

    def in_text(self, text: str) -> Iterator[str]:
        """Yield the keys of a text; of addresses only those that lead to an issue of this site."""
        yield from self._match(self._known, _ADDRESS.sub(lambda match: self._of_address(match[0]), text))

    def in_branch(self, branch: str) -> Iterator[str]:
        yield from self._match(self._in_branch, branch)

    def in_body(self, body: str) -> Iterator[str]:
        """Yield the keys of the author's own lines."""
        if "-" in body:
            parts = divide_body(body)
            for line in (*parts.footers, *parts.sentences):
                yield from self.in_text(line.text)

    def in_commits(self, messages: Collection[str]) -> Iterator[str]:
        """Yield the keys of headlines and trailers; a merge commit names branches of other pull requests."""
        for message in messages:
            if not _MERGE.match(message):
                yield from self.in_text(plain_line(_CODE_SPAN.sub(" ", message)))

    def _match(self, known: re.Pattern[str] | None, text: str) -> Iterator[str]:
        if self._projects is None:
            for project, number in _PATTERN.findall(text):
                if project not in NOT_PROJECTS:
                    yield f"{project}-{number}"
        elif known is not None:
            for project, number in known.findall(text):
                yield f"{project.upper()}-{number}"

    def _of_address(self, address: str) -> str:
        """Return what of an address may hold a key: the issue that it leads to, if it is one of this site."""
        try:
            parts = urlsplit(address.rstrip(".,;:!?"))
        except ValueError:  # such as a host with characters that no host may have
            return " "
        if not self._host or (parts.hostname or "").lower() != self._host:
            return " "
        _, found, key = parts.path.partition("/browse/")
        selected = re.search(r"\bselectedIssue=([\w-]+)", parts.query)
        return f" {key.partition('/')[0]} " if found else f" {selected[1]} " if selected else " "
