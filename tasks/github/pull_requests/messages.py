"""Parse a commit's message and e-mail addresses: only headline, trailers and domain are kept.

The part of an address before the @ is removed, unless it names an app: that is nobody's, and often the only sign of
the app that took part.
"""

import re

_TRAILER = re.compile(r"^[A-Za-z][A-Za-z0-9-]*: \s*\S", re.ASCII)
# Trailers that a squash merge leaves between the messages that it joins: co-authors, and the marks of coding agents.
_ANYWHERE = re.compile(
    r"^(?:co-authored-by|claude-session|agent-logs-url|amp-thread(?:-id)?|made-with|generated-(?:by|with)"
    r"|(?:ai-)?assisted-by|ai-assisted):",
    re.IGNORECASE,
)
# It begins where a word does and is never tried from within: a line may have a million characters without an @.
_LOCAL_PART = re.compile(r"(?<![^\s<>\"'(),:;@])(?P<local>[^\s<>\"'(),:;@]++)@(?P<domain>[^\s<>@]+)")
# Local parts of apps and of addresses that nobody reads: `12345+name[bot]@`, `noreply@`.
_APP = re.compile(r"(?:\d+\+)?[\w-]+\[bot\]|no-?reply", re.IGNORECASE)
# Addresses of coding agents that are not written in that form.
_AGENTS = re.compile(
    r"(?:\d+\+)?(?:copilot|gemini-cli|claude|kiro-agent|cursoragent|codex|microsoft-amplifier|charliehelps)@users\.noreply\.github\.com"
    r"|cursoragent@cursor\.(?:com|sh)|codex@openai\.com|copilot@github\.com|aider@aider\.chat|amp@ampcode\.com"
    r"|junie@jetbrains\.com|cascade@windsurf\.(?:ai|com)|(?:oz-)?agent@warp\.dev|kiro@(?:kiro\.dev|amazon\.com)"
    r"|openhands@all-hands\.dev|droid@factory\.ai|crush@charm\.land|roomote@roocode\.com|opencode@opencode\.ai"
    r"|qwen-coder@alibabacloud\.com|traecli@bytedance\.com",
    re.IGNORECASE,
)
# git wants no space behind the colon, GitHub neither.
_SPACE = re.compile(r"^([A-Za-z0-9-]+:)(?=[^\s:/])")
MAX_TRAILERS = 50
MAX_TRAILER_LENGTH = 2_000


def parse_headline(message: str) -> str:
    """Return the first line of a commit message."""
    return message.partition("\n")[0].strip()


def parse_trailers(message: str) -> list[str]:
    """Return the trailers of a commit message, with addresses masked: `Signed-off-by: Ann <@acme.test>`.

    They are lines `Token: value` of the last paragraph. Co-authors and the marks of coding agents count anywhere after
    the headline: a squash merge puts them between the messages that it joins, and people forget the empty line.
    """
    if ":" not in message:
        return []
    lines = [line.strip() for line in message.splitlines()]
    start = _start_of_last_paragraph(lines)
    middle, last = (lines[1:start], lines[start:]) if start > 0 else (lines[1:], [])
    trailers = [line for line in middle if _ANYWHERE.match(line)]
    trailers += [line for line in last if _TRAILER.match(line) or _ANYWHERE.match(line)]
    unique = dict.fromkeys(mask_addresses(_shorten(_SPACE.sub(r"\1 ", line, count=1))) for line in trailers)
    return list(unique)[:MAX_TRAILERS]


def _shorten(line: str) -> str:
    """Return a line with single blanks, as long as a trailer may be: every sign of a tool is looked for in it."""
    return " ".join(line.split())[:MAX_TRAILER_LENGTH]


def mask_addresses(text: str) -> str:
    """Return the text with the local part of every person's e-mail address removed; the domain stays."""
    return _LOCAL_PART.sub(_mask, text)


def _mask(address: re.Match[str]) -> str:
    is_app = _APP.fullmatch(address["local"]) or _AGENTS.fullmatch(address.group(0))
    return address.group(0) if is_app else f"@{address['domain']}"


def parse_domain(email: str | None) -> str | None:
    """Return the part of an address after the last @, in lower case; None if there is none."""
    _, at, domain = (email or "").rpartition("@")
    return domain.strip().lower() or None if at else None


def _start_of_last_paragraph(lines: list[str]) -> int:
    """Return the index of its first line; 0 if the message has one paragraph, which does not count as trailers."""
    end = len(lines)
    while end > 0 and not lines[end - 1]:
        end -= 1
    start = end
    while start > 0 and lines[start - 1]:
        start -= 1
    return start
