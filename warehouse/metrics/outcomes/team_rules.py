"""What a team decided about its own pull requests, beside what is told without it: rows of `team_settings`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

RELEASE = "release"
"""The reason for which a pull request is left out that takes the commits of others to another branch."""


class Rule(StrEnum):
    """The names of the settings. Values are patterns: `*` stands for anything; case matters in branches only."""

    LANDED_LABEL = "landed-label"
    LANDED_TITLE = "landed-title"
    BASE = "base"
    EXCLUDE_LABEL = "exclude-label"
    EXCLUDE_TITLE = "exclude-title"
    EXCLUDE_BASE = "exclude-base"
    EXCLUDE_AUTHOR = "exclude-author"
    OFF = "off"
    AI_BOX = "ai-box"
    AI_BRANCH = "ai-branch"
    AI_TRAILER = "ai-trailer"
    AI_OFF = "ai-off"
    INVESTMENT = "investment"
    UNPLANNED = "unplanned"


BUCKETS = ("new", "improve", "keep running", "productivity")
"""What a type of work may be mapped to by `investment`."""

AI_RULES = frozenset({Rule.AI_BOX, Rule.AI_BRANCH, Rule.AI_TRAILER, Rule.AI_OFF})
"""The rules on signs of AI assistance: they count when pull requests are analysed, not when metrics are computed."""

MEANINGS: Mapping[Rule, str] = {
    Rule.LANDED_LABEL: "a closed pull request with this label was merged by a bot",
    Rule.LANDED_TITLE: "a closed pull request whose title begins with this was merged by a bot",
    Rule.BASE: "this branch lives long: what goes from it to another branch is a release or a back-merge",
    Rule.EXCLUDE_LABEL: "leave out pull requests with this label",
    Rule.EXCLUDE_TITLE: "leave out pull requests whose title begins with this",
    Rule.EXCLUDE_BASE: "leave out pull requests to this branch",
    Rule.EXCLUDE_AUTHOR: "leave out pull requests of this author",
    Rule.OFF: "switch off what prflow tells by itself: landed or releases",
    Rule.AI_BOX: "a ticked box with these words says that an AI tool was used",
    Rule.AI_BRANCH: "branches of this name are made by an AI agent",
    Rule.AI_TRAILER: "a trailer that begins like this says that an AI tool was used",
    Rule.AI_OFF: "this sign of AI assistance, a row of signatures.toml such as codex-branch, does not count",
    Rule.INVESTMENT: "a type of work goes into a bucket, for example docs:new; the buckets are " + ", ".join(BUCKETS),
    Rule.UNPLANNED: "an issue of this type is unplanned work, beside bugs, incidents and problems",
}


class Told(StrEnum):
    """What is told without a setting, and can be switched off."""

    LANDED = "landed"
    RELEASES = "releases"


# What bors writes into the title, and pytorch's and Meta's bots set as a label, once they have pushed the commits:
# https://github.com/bors-ng/bors-ng, https://github.com/pytorch/pytorch/issues/154088
SHIPPED_LANDED_TITLES = ("[Merged by ",)
SHIPPED_LANDED_LABELS = ("Merged",)


@dataclass(frozen=True)
class TeamRules:
    """The settings of a team by name."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Iterable[tuple[str, str]]) -> "TeamRules":
        """Return the rules in rows of `team_settings`: name and value. Names that are no rule are left out."""
        values: dict[str, tuple[str, ...]] = {}
        for name, value in settings:
            if name in set(Rule):
                values[name] = (*values.get(name, ()), value)
        return cls(values)

    def of_kind(self, rule: Rule) -> tuple[str, ...]:
        return self.values.get(rule, ())

    def tells(self, what: Told) -> bool:
        """Return False if the team switched off what is told without a setting."""
        return what.value not in {value.strip().lower() for value in self.of_kind(Rule.OFF)}


def matches(column: pl.Expr, pattern: str, *, is_beginning: bool = False, is_case_sensitive: bool = False) -> pl.Expr:
    """Select the rows whose text is like `pattern`, from its first character to its last unless `is_beginning`."""
    words = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern.strip())
    flags = "(?s)" if is_case_sensitive else "(?si)"
    return column.str.contains(f"{flags}^{words}" + ("" if is_beginning else "$")).fill_null(value=False)


def any_label(pattern: str) -> pl.Expr:
    """Select the rows one of whose `labels` is like `pattern`."""
    return pl.col("labels").list.eval(matches(pl.element(), pattern)).list.any().fill_null(value=False)
