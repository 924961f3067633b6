"""How teams write titles: types, tags, emoji, and what stands before the words."""

import re

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
    "changelog": "docs",
    "cmake": "build_ci",
    "meson": "build_ci",
    "bazel": "build_ci",
    "autotools": "build_ci",
    "gha": "build_ci",
    "improvement": "feature",
    "dependencies": "dependency",
}
TYPES = CONVENTIONAL_TYPES | _OTHER_TYPES
# Words that say little: what is in the change often is another type.
LOOSE = frozenset({"chore", "maint", "mnt", "add", "imp", "style", "sty", "build", "bld", "ops", "rem", "mov"})
LOOSE |= frozenset(
    {"changelog", "cmake", "meson", "bazel", "autotools", "improvement", "docker", "actions", "helm", "k8s", "typo"}
)

# gitmoji.dev, as a character or as a code; only those with one meaning.
EMOJI = {
    "🐛": "bugfix", ":bug:": "bugfix", "🚑": "bugfix", ":ambulance:": "bugfix", "🩹": "bugfix",
    "✨": "feature", ":sparkles:": "feature", "📝": "docs", ":memo:": "docs", ":books:": "docs", "📚": "docs",
    "♻": "refactor", ":recycle:": "refactor", "⚡": "performance", ":zap:": "performance",
    "✅": "test", ":white_check_mark:": "test", "🧪": "test", ":test_tube:": "test",
    "👷": "build_ci", ":construction_worker:": "build_ci", "💚": "build_ci", ":green_heart:": "build_ci",
    "⬆": "dependency", ":arrow_up:": "dependency", "🔒": "security", ":lock:": "security",
    "🔖": "chore", ":bookmark:": "chore", "🔥": "chore", ":fire:": "chore", "🔧": "chore", ":wrench:": "chore",
    "⬇": "dependency", ":arrow_down:": "dependency", "➕": "dependency", ":heavy_plus_sign:": "dependency",
    "➖": "dependency", ":heavy_minus_sign:": "dependency", "📌": "dependency", ":pushpin:": "dependency",
    "🎨": "refactor", ":art:": "refactor", "🚨": "refactor", ":rotating_light:": "refactor",
    "🚚": "refactor", ":truck:": "refactor", "🏗": "refactor", ":building_construction:": "refactor",
    "⚰": "refactor", ":coffin:": "refactor", "🏷": "refactor", ":label:": "refactor",
    "🥅": "bugfix", ":goal_net:": "bugfix", "💄": "feature", ":lipstick:": "feature", "♿": "feature",
    ":wheelchair:": "feature", "📱": "feature", ":iphone:": "feature", "🚸": "feature",
    "🌐": "chore", ":globe_with_meridians:": "chore", "🙈": "chore", ":see_no_evil:": "chore",
    "📄": "chore", ":page_facing_up:": "chore", "👥": "chore", ":busts_in_silhouette:": "chore",
    "🧱": "infra", ":bricks:": "infra", "💡": "docs", ":bulb:": "docs", "📦": "build_ci", ":package:": "build_ci",
}  # fmt: skip
EMOJI_AT_START = re.compile(r"^(?P<emoji>:[a-z_]+:|[\U0001f000-\U0001faff\u2190-\u2bff])\ufe0f?\s*")

# What stands before the words of a title: tickets, branches of a backport, state, parts of a series.
_PREFIX = re.compile(
    r"^(?:\[(?:[A-Z][A-Z0-9_]+[- ]\d+|#?\d+|\d+/\d+|(?:release[-/ ]?)?v?\d+(?:\.[\dx]+)+|backport[^\]]*|wip|draft"
    r"|rfc|mrg(?:\+\d)?|poc|dnm|do not merge|skip[ -]ci|ci skip|no[- ]ticket|pick[^\]]*|cherry-?pick[^\]]*)\]"
    r"|\((?:[A-Z][A-Z0-9_]+-\d+|#\d+|\d+/\d+)\)|(?!CVE-)[A-Z][A-Z0-9_]+-\d+(?:\.(?=\s)|(?=[\s:|,-]))|#\d+(?=[\s:|-])|\d+:(?=\s)"
    r"|(?:wip|draft|rfc)(?=[:\s])"
    r"|(?:automated )?(?:backport|cherry[- ]?pick)(?: of)?(?: pr)? #?\d+"
    r"(?: (?:to|into|on)(?: branch)? [\w./-]+)?(?=:| \()"
    r"|(?:backport|cherry[- ]?pick)(?: (?:to|into|for) [\w./-]+)?(?=:))"
    r"\s*[:|–-]?\s*",
    re.IGNORECASE,
)
# "Backport PR #12 on branch 3.9.x (FIX: overlap)": after the prefix, the title of the other is in brackets.
_WHOLE_IN_BRACKETS = re.compile(r"^\((?P<words>.{4,})\)$")
CONVENTIONAL = re.compile(
    r"^(?P<type>[A-Za-z][\w ]{1,15}?)\s*(?:\((?P<scope>[^()\n]{1,60})\))?!?(?:\s?:|\s[-–|])\s*(?P<rest>\S.*)$"
)
BRACKETS = re.compile(
    r"^[\[(](?P<type>[A-Za-z0-9_ ]{2,15})[\])](?:\[(?P<scope>[^\]]{1,40})\])?\s*[:-]?\s*(?P<rest>\S.*)$"
)
# Projects around scikit-learn write the word in capitals and no colon: "ENH Add sample weights".
CAPITALS = re.compile(
    r"^(?P<type>BUG|FIX|ENH|FEAT|DOC|DOCS|TST|TEST|MAINT|MNT|PERF|CI|BLD|STY|CLN|REF|REGR|CHORE)\s+(?P<rest>[A-Z`'\"]\S.*)$"
)
# A branch as the title, as GitHub proposes it: "Feature/invoice export".
BRANCH = re.compile(
    r"^(?P<type>feature|feat|fix|bugfix|hotfix|docs?|chore|refactor|tests?|perf)/(?P<rest>\S.*)$", re.IGNORECASE
)
FIX = re.compile(r"^(?:fix(?:es|ed|ing)?|correct(?:s|ed)?|resolve[sd]?|repair(?:s|ed)?)\b", re.IGNORECASE)
_SCOPES = {
    "docs": frozenset({"docs", "doc", "readme", "documentation", "changelog"}),
    "build_ci": frozenset(
        {
            "ci",
            "cd",
            "actions",
            "workflows",
            "workflow",
            "gha",
            "github-actions",
            "gh-actions",
            "circleci",
            "jenkins",
            "pipeline",
        }
    ),
    "test": frozenset({"test", "tests", "e2e", "testing"}),
    "dependency": frozenset({"deps", "deps-dev", "dependencies", "dependency", "npm", "pip", "cargo"}),
    "infra": frozenset({"infra", "terraform", "helm", "k8s", "kubernetes", "ansible", "deploy", "ops"}),
    "security": frozenset({"security", "sec"}),
}
SCOPES = {scope: work_type for work_type, scopes in _SCOPES.items() for scope in scopes}


def strip_prefixes(title: str) -> str:
    """Return a title without ticket ids, states and branches of a backport before its words."""
    words = title.strip()
    while (prefix := _PREFIX.match(words)) and prefix.end() < len(words):
        words = words[prefix.end() :]
    quoted = _WHOLE_IN_BRACKETS.match(words)
    return quoted["words"] if quoted and words != title.strip() else words
