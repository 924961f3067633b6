"""Tell the work type by title, paths and author: what is known, and what is only guessed from a loose word.

Files of one kind settle the type (`fix(ci)` that changes workflows only is build_ci). Without them a title declares it,
as teams write titles: conventional commits, brackets, BUG and ENH, tags of Odoo, emoji, ticket ids before all of that.
"""

import re
from dataclasses import dataclass

from tasks.llm.rules.commit_signs import bare_login
from tasks.llm.rules.paths import (
    BUILD,
    CI,
    DEPENDENCY,
    DOCS,
    HOUSEKEEPING,
    INFRA,
    SOURCE,
    TEST,
    TRANSLATION,
    kinds_of,
)
from tasks.llm.rules.pull_request import PullRequest
from tasks.llm.rules.title_verbs import guess_by_words
from tasks.llm.rules.title_words import (
    BRACKETS,
    BRANCH,
    CAPITALS,
    CONVENTIONAL,
    EMOJI,
    EMOJI_AT_START,
    FIX,
    LOOSE,
    SCOPES,
    TYPES,
    strip_prefixes,
)
from warehouse.metrics.accounts.known_bots import DEPENDENCY_BOTS


@dataclass(frozen=True)
class WorkTypeByRule:
    """A work type and the rule that gave it. `is_guess` if it rests on a loose word: a model may correct it."""

    work_type: str
    reason: str
    is_guess: bool = False


_VERSION = r"[`'\"]?(?:v?\d+(?:\.[\w-]+)+|v\d+)[\w.+-]*[`'\"]?"
_UPDATE = re.compile(
    rf"^(?:bump|upgrade|update|updates|bumps|upgrades|downgrade|pin)\b(?:\s+dependenc(?:y|ies)\b|\s+(?:the\s)?\S+\sgroup\b"
    rf"|[^\n]{{1,120}}?\bfrom\s{_VERSION}\s+to\s{_VERSION}|\s+(?P<action>@?[\w.-]+/[\w./-]+)\sfrom\s\S+\sto\s\S"
    r"|\s+(?P<name>@?[\w./-]+(?:\s[\w./-]+)?)\s+(?:requirement\s|version\s)?to\s(?:version\s)?v?\d[\w.]*)",
    re.IGNORECASE,
)
_SECURITY_UPDATE = re.compile(r"\[security\]|^\[snyk\].*\b(?:security|vulnerab)", re.IGNORECASE)
# A change that closes a vulnerability may name it by number.
_VULNERABILITY_ID = re.compile(r"\bCVE-\d{4}-\d+|\bGHSA-[\w-]{8,}", re.IGNORECASE)
# "Upgrade to React 19"; nixpkgs: "hello: 2.12 -> 2.12.1".
_UPGRADE_TO = re.compile(
    r"^(?:upgrade|update|migrate|switch) to @?[A-Za-z][\w./-]*(?: [A-Za-z][\w.-]*)? v?\d", re.IGNORECASE
)
_FROM_TO = re.compile(r"^[\w.@/+-]+: \S*\d\.\S+ ?(?:->|→) ?\S*\d\.\S+$")
# What is done to manifests and lock files alone.
_UPKEEP = re.compile(
    r"\b(?:bump|upgrade|update|downgrade|pin|unpin|autoupdate|refresh|relock)(?:s|d|ed)?\b", re.IGNORECASE
)
_OWN_VERSION = re.compile(
    r"^\w+\s(?:the\s)?(?:(?:package|app|application|project|crate|gem|plugin|library|module|sdk|chart"
    r"|development|dev|next"
    r"|patch|minor|major|snapshot|our|its|own|workspace|extension)\s)?(?:version|release)s?\b"
    r"|^(?:[\w-]+\s){0,3}version\s(?:bump|update)\b|^(?:bump|set|update|increase)\s(?:to\s)?v?\d+\.\d[\w.+-]*$",
    re.IGNORECASE,
)
_SECURITY_BRANCH = re.compile(r"^snyk-fix-|^renovate/.*vulnerability", re.IGNORECASE)
# What Dependabot writes below a security update, and below no other.
_SECURITY_BODY = re.compile(r"disable automated security fix PRs|automated security (?:fix|update)", re.IGNORECASE)
# Branches made by dependency bots, whatever account an organisation runs them under.
_DEPENDENCY_BRANCH = re.compile(r"^(?:dependabot|renovate|depfu|greenkeeper)/|^(?:snyk-(?:fix|upgrade)|pyup-\w+)-")

_RELEASE = re.compile(
    r"^(?:release(?! notes)|publish|prepare (?:for )?(?:the )?release|version|cut)\b.{0,30}\bv?\d+\.\d"
    r"|^version packages|^v?\d+\.\d+\.\d+\b|^\[maven-release-plugin\]|^post[- ]release\b|^back to dev"
    r"|^(?:prepare (?:for )?(?:the )?next|(?:start|begin|open)(?:ing)?) "
    r"(?:dev\w*|version|iteration|release|snapshot)\b",
    re.IGNORECASE,
)
_ONLY_RELEASE = re.compile(
    r"^(?:(?:prepare (?:for )?(?:the )?)?release|publish|version|cut)(?: (?:of|version"
    r"|candidate))?:? v?\d+\.\d[\w.+-]*(?: \S+)?$"
    r"|^v?\d+\.\d+\.\d+[\w.+-]*$",
    re.IGNORECASE,
)
_TRANSLATION = re.compile(
    r"\b(?:crowdin|weblate|transifex|lokalise|translations?|localization|l10n|i18n)\b", re.IGNORECASE
)
_FLAG_REMOVED = re.compile(
    r"^(?:remove|delete|drop|clean ?up|retire)\b.{0,60}\b(?:feature )?(?:flags?|toggles?)\b", re.IGNORECASE
)
_BY_KIND = {DOCS: "docs", TEST: "test", CI: "build_ci", INFRA: "infra", TRANSLATION: "chore", HOUSEKEEPING: "chore"}
# Scopes that are also the names of what a product deals with: its files decide.
_DOMAINS = frozenset(
    {"npm", "pip", "cargo", "deploy", "ops", "helm", "kubernetes", "k8s", "cd", "pipeline", "workflow"}
)
_DOMAINS |= frozenset({"workflows", "actions"})


def decide_work_type(pull_request: PullRequest) -> WorkTypeByRule | None:
    """Return the work type that the rules know or guess; None if they cannot tell."""
    kinds = kinds_of(file.path for file in pull_request.files)
    words = strip_prefixes(pull_request.title)
    return (
        _by_update(pull_request, words, kinds)
        or _by_purpose(pull_request, words, kinds)
        or _by_kind(kinds)
        or _by_declaration(words, kinds)
        or _by_words(words, kinds)
    )


def declared_work_type(title: str) -> str | None:
    """Return the work type that a title alone declares; an update from one version to another overrides the type."""
    found = decide_work_type(PullRequest(id="", title=title))
    return found.work_type if found and not found.is_guess else None


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
    declared = CONVENTIONAL.match(words)
    return declared["rest"] if declared else words


def _is_plain(update: re.Match[str]) -> bool:
    return bool(update["name"] and "." not in update.group(0))


def _by_update(pull_request: PullRequest, words: str, kinds: frozenset[str]) -> WorkTypeByRule | None:
    """Return `dependency` for an update of one, by title and files; `security` if it closes a vulnerability."""
    declared = CONVENTIONAL.match(words)
    update = _UPDATE.match(_rest(words))
    if (update or kinds == {DEPENDENCY}) and _OWN_VERSION.match(_rest(words)):
        return WorkTypeByRule("chore", "version of its own")
    is_action = bool(update and update.groupdict()["action"]) and (not kinds or CI in kinds)
    # Without files, "to 5" may be a limit as well as a version: a version has dots.
    is_update = (
        is_action
        or (update and (DEPENDENCY in kinds or (not kinds and not _is_plain(update))))
        or (DEPENDENCY in kinds and _UPGRADE_TO.match(_rest(words)))
        or (kinds == {DEPENDENCY} and _UPKEEP.search(_rest(words)) and not _OWN_VERSION.match(_rest(words)))
        or _FROM_TO.match(words)
    )
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
    if _ONLY_RELEASE.match(rest):
        return WorkTypeByRule("chore", "release", is_guess=True)
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
    emoji = EMOJI_AT_START.match(words)
    rest = words[emoji.end() :] if emoji else words
    for pattern in (CONVENTIONAL, BRACKETS, CAPITALS, BRANCH):
        if (found := pattern.match(rest)) and (word := found["type"].strip().lower()) in TYPES:
            scope = (found.groupdict().get("scope") or "").strip().lower()
            return _of_declaration(word, scope, found["rest"], kinds)
    if emoji and (work_type := EMOJI.get(emoji["emoji"])):
        return WorkTypeByRule(work_type, "emoji of the title", is_guess=True)
    return None


def _of_declaration(word: str, scope: str, rest: str, kinds: frozenset[str]) -> WorkTypeByRule:
    scope = re.split(r"[,/]", scope)[0].strip()
    by_scope = SCOPES.get(scope)
    is_domain = (
        (scope in _DOMAINS or (by_scope == "dependency" and TYPES[word] == "feature"))
        and bool(kinds)
        and not kinds & {CI, BUILD, INFRA, DEPENDENCY}
    )
    if by_scope is not None and not is_domain:
        return WorkTypeByRule(by_scope, "scope of the title", is_guess=bool(kinds))
    work_type = TYPES[word]
    if work_type == "chore" and FIX.match(rest) and SOURCE in kinds:
        return WorkTypeByRule("bugfix", "words of the title", is_guess=True)
    is_guess = word in LOOSE or not _fits(work_type, kinds)
    return WorkTypeByRule(work_type, "type in the title", is_guess)


def _fits(work_type: str, kinds: frozenset[str]) -> bool:
    """Return False if the files speak of something else than the title."""
    expected = {"docs": {DOCS}, "test": {TEST}, "build_ci": {CI, BUILD, DEPENDENCY}, "infra": {INFRA, BUILD, CI}}
    if not kinds or work_type not in expected:
        return True
    return bool(expected[work_type] & kinds)


def _by_words(words: str, kinds: frozenset[str]) -> WorkTypeByRule | None:
    """Return a guess by the first words of a title without a type, if the change is to source."""
    if kinds and SOURCE not in kinds:
        return None
    work_type = guess_by_words(words)
    return WorkTypeByRule(work_type, "first words of the title", is_guess=True) if work_type else None
