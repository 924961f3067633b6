"""Tell the work type by title, paths and author: what is known, and what is only guessed from a loose word.

Files of one kind settle the type (`fix(ci)` that changes workflows only is build_ci). Without them a title declares it,
as teams write titles: conventional commits, brackets, BUG and ENH, tags of Odoo, emoji, ticket ids before all of that.
"""

import re
from dataclasses import dataclass

from tasks.llm.rules.commit_signs import bare_login
from tasks.llm.rules.paths import BUILD, CI, DEPENDENCY, DOCS, INFRA, SOURCE, TEST, TRANSLATION, kinds_of
from tasks.llm.rules.pull_request import PullRequest
from warehouse.metrics.accounts.known_bots import DEPENDENCY_BOTS


@dataclass(frozen=True)
class WorkTypeByRule:
    """A work type and the rule that gave it. `is_guess` if it rests on a loose word: a model may correct it."""

    work_type: str
    reason: str
    is_guess: bool = False


# Types of conventionalcommits.org and of the Angular convention that it grew from.
CONVENTIONAL_TYPES = {
    "feat": "feature",
    "feature": "feature",
    "fix": "bugfix",
    "bugfix": "bugfix",
    "hotfix": "bugfix",
    "refactor": "refactor",
    "style": "refactor",
    "perf": "performance",
    "docs": "docs",
    "doc": "docs",
    "test": "test",
    "tests": "test",
    "ci": "build_ci",
    "build": "build_ci",
    "deps": "dependency",
    "infra": "infra",
    "ops": "infra",
    "sec": "security",
    "security": "security",
    "chore": "chore",
}
# Prefixes of numpy, pandas and others, and tags of Odoo (odoo.com/documentation, git guidelines). Without DEP, API and
# REV: they say what happens to an interface or a commit, not which work it is.
_OTHER_TYPES = {
    "bug": "bugfix",
    "regr": "bugfix",
    "enh": "feature",
    "enhancement": "feature",
    "tst": "test",
    "bld": "build_ci",
    "sty": "refactor",
    "cln": "refactor",
    "ref": "refactor",
    "refac": "refactor",
    "mov": "refactor",
    "imp": "feature",
    "add": "feature",
    "rem": "chore",
    "i18n": "chore",
    "l10n": "chore",
    "maint": "chore",
    "mnt": "chore",
    "rel": "chore",
    "release": "chore",
    "typo": "docs",
    "terraform": "infra",
    "helm": "infra",
    "k8s": "infra",
    "docker": "build_ci",
    "workflows": "build_ci",
    "github actions": "build_ci",
    "actions": "build_ci",
    "readme": "docs",
    "improvement": "feature",
    "dependencies": "dependency",
}
TYPES = CONVENTIONAL_TYPES | _OTHER_TYPES
# Words that say little: what is in the change often is another type.
_LOOSE = frozenset({"chore", "maint", "mnt", "add", "imp", "style", "sty", "build", "bld", "ops", "rem", "mov"})
_LOOSE |= frozenset({"improvement", "docker", "actions", "helm", "k8s", "typo"})

# gitmoji.dev, as a character or as a code; only those with one meaning.
_EMOJI = {
    "🐛": "bugfix", ":bug:": "bugfix", "🚑": "bugfix", ":ambulance:": "bugfix", "🩹": "bugfix",
    "✨": "feature", ":sparkles:": "feature", "📝": "docs", ":memo:": "docs", ":books:": "docs", "📚": "docs",
    "♻": "refactor", ":recycle:": "refactor", "⚡": "performance", ":zap:": "performance",
    "✅": "test", ":white_check_mark:": "test", "🧪": "test", ":test_tube:": "test",
    "👷": "build_ci", ":construction_worker:": "build_ci", "💚": "build_ci", ":green_heart:": "build_ci",
    "⬆": "dependency", ":arrow_up:": "dependency", "🔒": "security", ":lock:": "security",
    "🔖": "chore", ":bookmark:": "chore", "🔥": "chore", ":fire:": "chore", "🔧": "chore", ":wrench:": "chore",
}  # fmt: skip
_EMOJI_AT_START = re.compile(r"^(?P<emoji>:[a-z_]+:|[\U0001f000-\U0001faff\u2190-\u2bff])\ufe0f?\s*")

# What stands before the words of a title: tickets, branches of a backport, state, parts of a series.
_PREFIX = re.compile(
    r"^(?:\[(?:[A-Z][A-Z0-9_]+[- ]\d+|#?\d+|\d+/\d+|(?:release[-/ ]?)?v?\d+(?:\.[\dx]+)+|backport[^\]]*|wip|draft"
    r"|rfc)\]"
    r"|\((?:[A-Z][A-Z0-9_]+-\d+|#\d+|\d+/\d+)\)|[A-Z][A-Z0-9_]+-\d+(?=[\s:|,-])|#\d+(?=[\s:|-])|\d+:(?=\s)"
    r"|(?:wip|draft|rfc)(?=[:\s])|(?:backport|cherry-?pick)(?: of)? #?\d+(?: (?:to|into|on) [\w./-]+)?(?=:))"
    r"\s*[:|–-]?\s*",
    re.IGNORECASE,
)
_CONVENTIONAL = re.compile(
    r"^(?P<type>[A-Za-z][\w ]{1,15}?)\s*(?:\((?P<scope>[^()\n]{1,60})\))?!?(?:\s?:|\s[-–|])\s*(?P<rest>\S.*)$"
)
_BRACKETS = re.compile(
    r"^[\[(](?P<type>[A-Za-z0-9_ ]{2,15})[\])](?:\[(?P<scope>[^\]]{1,40})\])?\s*[:-]?\s*(?P<rest>\S.*)$"
)
# A branch as the title, as GitHub proposes it: "Feature/invoice export".
_BRANCH = re.compile(
    r"^(?P<type>feature|feat|fix|bugfix|hotfix|docs?|chore|refactor|tests?|perf)/(?P<rest>\S.*)$", re.IGNORECASE
)
_SCOPES = {
    "docs": frozenset({"docs", "doc", "readme", "documentation", "changelog"}),
    "build_ci": frozenset({"ci", "cd", "actions", "workflows", "workflow", "gha", "github-actions", "pipeline"}),
    "test": frozenset({"test", "tests", "e2e", "testing"}),
    "dependency": frozenset({"deps", "deps-dev", "dependencies", "dependency", "npm", "pip", "cargo"}),
    "infra": frozenset({"infra", "terraform", "helm", "k8s", "kubernetes", "ansible", "deploy", "ops"}),
    "security": frozenset({"security", "sec"}),
}
SCOPES = {scope: work_type for work_type, scopes in _SCOPES.items() for scope in scopes}

_VERSION = r"[`'\"]?(?:v?\d+(?:\.[\w-]+)+|v\d+)[\w.+-]*[`'\"]?"
_UPDATE = re.compile(
    rf"^(?:bump|upgrade|update|updates|bumps|upgrades|pin)\b(?:\s+dependenc(?:y|ies)\b|\s+(?:the\s)?\S+\sgroup\b"
    rf"|[^\n]{{1,120}}?\bfrom\s{_VERSION}\s+to\s{_VERSION}|\s+(?P<action>@?[\w.-]+/[\w./-]+)\sfrom\s\S+\sto\s\S|\s+(?P<name>@?[\w./-]+(?:\s[\w./-]+)?)\s+(?:requirement\s|version\s)?to\s(?:version\s)?v?\d[\w.]*)",
    re.IGNORECASE,
)
_SECURITY_UPDATE = re.compile(r"\[security\]|^\[snyk\].*\b(?:security|vulnerab)", re.IGNORECASE)
# A change that closes a vulnerability names it by number, or by its kind.
_VULNERABILITY_ID = re.compile(r"\bCVE-\d{4}-\d+|\bGHSA-[\w-]{8,}", re.IGNORECASE)
_VULNERABILITY = re.compile(
    r"\b(?:xss|csrf|ssrf|sql injection|path traversal|remote code execution|vulnerabilit(?:y|ies))\b", re.IGNORECASE
)
_OWN_VERSION = re.compile(r"^\w+\s(?:the\s)?(?:\w+\s)?(?:version|release)s?\b", re.IGNORECASE)
_SECURITY_BRANCH = re.compile(r"^snyk-fix-|^renovate/.*vulnerability", re.IGNORECASE)
# What Dependabot writes below a security update, and below no other.
_SECURITY_BODY = re.compile(r"disable automated security fix PRs|automated security (?:fix|update)", re.IGNORECASE)
# Branches made by dependency bots, whatever account an organisation runs them under.
_DEPENDENCY_BRANCH = re.compile(r"^(?:dependabot|renovate|depfu|greenkeeper)/|^(?:snyk-(?:fix|upgrade)|pyup-\w+)-")

_RELEASE = re.compile(
    r"^(?:release|publish|prepare (?:for )?(?:the )?release|version|cut)\b.{0,30}\bv?\d+\.\d"
    r"|^version packages|^v?\d+\.\d+\.\d+\b",
    re.IGNORECASE,
)
_TRANSLATION = re.compile(
    r"\b(?:crowdin|weblate|transifex|lokalise|translations?|localization|l10n|i18n)\b", re.IGNORECASE
)
_FLAG_REMOVED = re.compile(
    r"^(?:remove|delete|drop|clean ?up|retire)\b.{0,60}\b(?:feature )?(?:flags?|toggles?)\b", re.IGNORECASE
)
_FIX = re.compile(r"^(?:fix(?:es|ed|ing)?|correct(?:s|ed)?|resolve[sd]?|repair(?:s|ed)?)\b", re.IGNORECASE)
_OTHER_FIX = re.compile(
    r"\b(?:typos?|spelling|grammar|docs?|documentation|readme|comments?|tests?|specs?|lint\w*|format\w*|ci|workflows?"
    r"|misspell\w*|docstrings?|spacing|capitali[sz]\w*|links?|articles?|conflicts?|naming|builds?|pipelines?|warnings?|types?|typing|imports?|changelog|vulnerabilit\w+|cve\S*|security|versions?|upgrades?)\b",
    re.IGNORECASE,
)
_REFACTOR = re.compile(r"^refactor\w*\b", re.IGNORECASE)
_OPTIMISE = re.compile(r"^(?:optimi[sz]e|speed up|improve (?:the )?performance)\b", re.IGNORECASE)
_ADD = re.compile(r"^(?:implement|introduce|support)\w*\b", re.IGNORECASE)
_OTHER_ADD = re.compile(
    r"\b(?:tests?|specs?|docs?|documentation|readme|comments?|coverage|guides?|examples?|workflows?|ci|lint\w*|logs?|logging"
    r"|changesets?|instructions|benchmarks?|config\w*|scripts?|templates?|types?)\b",
    re.IGNORECASE,
)

_BY_KIND = {DOCS: "docs", TEST: "test", CI: "build_ci", INFRA: "infra", TRANSLATION: "chore"}


def decide_work_type(pull_request: PullRequest) -> WorkTypeByRule | None:
    """Return the work type that the rules know or guess; None if they cannot tell."""
    kinds = kinds_of(file.path for file in pull_request.files)
    words = strip_prefixes(pull_request.title)
    return (
        _by_update(pull_request, words, kinds)
        or _by_purpose(pull_request, words, kinds)
        or _by_kind(kinds)
        or _by_declaration(words, kinds)
        or _by_verb(words, kinds)
    )


def declared_work_type(title: str) -> str | None:
    """Return the work type that a title alone declares; an update from one version to another overrides the type."""
    found = decide_work_type(PullRequest(id="", title=title))
    return found.work_type if found and not found.is_guess else None


def strip_prefixes(title: str) -> str:
    """Return a title without ticket ids, states and branches of a backport before its words."""
    words = title.strip()
    while (prefix := _PREFIX.match(words)) and prefix.end() < len(words):
        words = words[prefix.end() :]
    return words


def is_by_dependency_bot(pull_request: PullRequest, *, is_bot: bool) -> bool:
    """Return True if a dependency bot opened it.

    That is decided by login, else by a branch that only such a bot creates if the author is a bot or the title is
    that of an update.
    """
    if bare_login(pull_request.author_login).lower() in DEPENDENCY_BOTS:
        return True
    is_update = is_bot or _UPDATE.match(_rest(strip_prefixes(pull_request.title))) is not None
    return bool(_DEPENDENCY_BRANCH.match(pull_request.head_ref)) and is_update


def is_security_update(pull_request: PullRequest) -> bool:
    """Return True if a dependency bot says that it closes a vulnerability; its release notes do not count."""
    return bool(
        _SECURITY_UPDATE.search(pull_request.title)
        or _SECURITY_BRANCH.search(pull_request.head_ref)
        or _SECURITY_BODY.search(pull_request.body)
    )


def _rest(words: str) -> str:
    """Return the words of a title after a type."""
    declared = _CONVENTIONAL.match(words)
    return declared["rest"] if declared else words


def _is_plain(update: re.Match[str]) -> bool:
    return bool(update["name"] and "." not in update.group(0))


def _by_update(pull_request: PullRequest, words: str, kinds: frozenset[str]) -> WorkTypeByRule | None:
    """Return `dependency` for an update of one, by title and files; `security` if it closes a vulnerability."""
    declared = _CONVENTIONAL.match(words)
    update = _UPDATE.match(_rest(words))
    if update and _OWN_VERSION.match(update.group(0)):
        return WorkTypeByRule("chore", "version of its own")
    is_action = bool(update and update.groupdict()["action"]) and (not kinds or CI in kinds)
    # Without files, "to 5" may be a limit as well as a version: a version has dots.
    is_update = is_action or (update and (DEPENDENCY in kinds or (not kinds and not _is_plain(update))))
    if not is_update and not is_by_dependency_bot(pull_request, is_bot=False):
        return None
    declares_security = declared is not None and TYPES.get(declared["type"].lower()) == "security"
    if declares_security or is_security_update(pull_request) or _VULNERABILITY_ID.search(words):
        return WorkTypeByRule("security", "security update of a dependency")
    return WorkTypeByRule("dependency", "update of a dependency")


def _by_purpose(pull_request: PullRequest, words: str, kinds: frozenset[str]) -> WorkTypeByRule | None:
    """Return `chore` for releases, translations and removed flags, whatever files they touch."""
    rest = _rest(words)
    if _VULNERABILITY_ID.search(words) and kinds != {DOCS}:
        return WorkTypeByRule("security", "number of a vulnerability")
    if _RELEASE.match(rest) and SOURCE not in kinds:
        return WorkTypeByRule("chore", "release")
    is_translation = _TRANSLATION.search(f"{rest} {pull_request.author_login}")
    if is_translation and kinds == {TRANSLATION}:
        return WorkTypeByRule("chore", "translations")
    return WorkTypeByRule("chore", "removed flag", is_guess=True) if _FLAG_REMOVED.match(rest) else None


def _by_kind(kinds: frozenset[str]) -> WorkTypeByRule | None:
    """Return the type of files that are all of one kind."""
    if kinds and kinds <= {BUILD, CI} and kinds != {CI}:
        return WorkTypeByRule("build_ci", "build files only", is_guess=True)
    if len(kinds) != 1:
        return None
    (kind,) = kinds
    return WorkTypeByRule(_BY_KIND[kind], f"{kind} files only") if kind in _BY_KIND else None


def _by_declaration(words: str, kinds: frozenset[str]) -> WorkTypeByRule | None:
    """Return the type that the author declares before the words of the title."""
    emoji = _EMOJI_AT_START.match(words)
    rest = words[emoji.end() :] if emoji else words
    for pattern in (_CONVENTIONAL, _BRACKETS, _BRANCH):
        if (found := pattern.match(rest)) and (word := found["type"].strip().lower()) in TYPES:
            scope = (found.groupdict().get("scope") or "").strip().lower()
            return _of_declaration(word, scope, found["rest"], kinds)
    if emoji and (work_type := _EMOJI.get(emoji["emoji"])):
        return WorkTypeByRule(work_type, "emoji of the title", is_guess=True)
    return None


def _of_declaration(word: str, scope: str, rest: str, kinds: frozenset[str]) -> WorkTypeByRule:
    by_scope = SCOPES.get(scope)
    if by_scope is not None:
        return WorkTypeByRule(by_scope, "scope of the title", is_guess=bool(kinds))
    work_type = TYPES[word]
    if work_type == "chore" and _FIX.match(rest) and SOURCE in kinds:
        return WorkTypeByRule("bugfix", "words of the title", is_guess=True)
    is_guess = word in _LOOSE or not _fits(work_type, kinds)
    return WorkTypeByRule(work_type, "type in the title", is_guess)


def _fits(work_type: str, kinds: frozenset[str]) -> bool:
    """Return False if the files speak of something else than the title."""
    expected = {"docs": {DOCS}, "test": {TEST}, "build_ci": {CI, BUILD, DEPENDENCY}, "infra": {INFRA, BUILD, CI}}
    if not kinds or work_type not in expected:
        return True
    return bool(expected[work_type] & kinds)


def _by_verb(words: str, kinds: frozenset[str]) -> WorkTypeByRule | None:
    """Return a guess by the first verb of a title without a type, unless it speaks of something else than the code."""
    subject, colon, rest = words.partition(": ")
    text = rest if colon and " " not in subject else words
    emoji = _EMOJI_AT_START.match(text)
    text = text[emoji.end() :] if emoji else text
    if kinds and SOURCE not in kinds:
        return None
    if _FIX.match(text) and _VULNERABILITY.search(text):
        return WorkTypeByRule("security", "verb of the title", is_guess=True)
    if _FIX.match(text) and not _OTHER_FIX.search(text):
        return WorkTypeByRule("bugfix", "verb of the title", is_guess=True)
    if _REFACTOR.match(text) and not _OTHER_FIX.search(text):
        return WorkTypeByRule("refactor", "verb of the title", is_guess=True)
    if _OPTIMISE.match(text):
        return WorkTypeByRule("performance", "verb of the title", is_guess=True)
    if _ADD.match(text) and not _OTHER_ADD.search(text):
        return WorkTypeByRule("feature", "verb of the title", is_guess=True)
    return None
