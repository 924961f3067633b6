"""Pull requests that do not count, and why: those from branch to branch, and what the team leaves out.

A release or a back-merge takes a long-lived branch to another one: its commits are those of other pull requests and
would count twice. A branch lives long if it is the repository's default branch, if the team names it, if it is called
like a release (`release/1.2`), or if other pull requests target it at other times than while the one from it is open:
those opened meanwhile are stacked on it, unless there are many.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime

import polars as pl

from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.outcomes.team_rules import RELEASE, Rule, TeamRules, Told, any_label, matches

# A colleague may once help on a branch before it is a pull request itself.
MIN_OTHER_TIMES = 2
# This many opened meanwhile are no stack: the branch collects the work of others.
MIN_MEANWHILE = 3
# Of a branch that is called so, one pull request into it is enough.
USUAL_NAMES = r"(?i)^(main|master|trunk|dev(elop(ment)?)?|next|stag(e|ing)|qa|uat|prod(uction)?|releases?/.+)$"
RELEASE_NAMES = r"(?i)^releases?[/-]v?[0-9]+([._-][0-9]+)*([._-]?(rc|beta|alpha)[._-]?[0-9]*)?$"
_AT_LAST = datetime(9999, 1, 1, tzinfo=UTC)


def find_excluded(facts: Facts) -> pl.DataFrame:
    """Return one row per pull request: `is_release`, and `excluded_by`: why it does not count, NULL if it does.

    Reasons are `release`, or the team's rule: `label LABEL`, `title TITLE`, `base BRANCH`, `author LOGIN`.
    """
    rules = TeamRules.of(facts.team_settings.select("name", "value").iter_rows())
    found = facts.pull_requests.join(_find_releases(facts, rules), on="id", how="left")
    found = found.with_columns(pl.col("is_release").fill_null(value=False))
    authors = _find_authors(facts)
    by_release = pl.when("is_release").then(pl.lit(RELEASE)) if rules.tells(Told.RELEASES) else pl.lit(None, pl.String)
    return found.select(
        pl.col("id").alias(KEY), "is_release", pl.coalesce(by_release, *_by_rules(rules, authors)).alias("excluded_by")
    )


def _find_authors(facts: Facts) -> dict[str, list[str]]:
    """Return the accounts that the rules of authors mean, by login: whoever had it when the rule was set.

    They are followed when they change their login, and whoever takes the login over is another account. A login that no
    known account had then, or a pattern, is that of today.
    """
    rules = facts.team_settings.filter(pl.col("name") == Rule.EXCLUDE_AUTHOR.value).drop_nulls("set_at")
    found = {}
    for value, set_at in rules.select("value", "set_at").iter_rows():
        is_then = (pl.col("since") <= set_at) & (pl.col("until").is_null() | (pl.col("until") > set_at))
        had = facts.account_logins.filter(matches(pl.col("login"), value), is_then)
        if "*" not in value and not had.is_empty():
            found[value] = had["account_id"].to_list()
    return found


def _by_rules(rules: TeamRules, authors: Mapping[str, list[str]]) -> list[pl.Expr]:
    """Return an expression for each of the team's rules: the reason, or NULL."""
    found = [(any_label(one), f"label {one}") for one in rules.of_kind(Rule.EXCLUDE_LABEL)]
    title, base = pl.col("title"), pl.col("base_ref")
    found += [(matches(title, one, is_beginning=True), f"title {one}") for one in rules.of_kind(Rule.EXCLUDE_TITLE)]
    found += [(matches(base, one, is_case_sensitive=True), f"base {one}") for one in rules.of_kind(Rule.EXCLUDE_BASE)]
    found += [(_is_by(one, authors), f"author {one}") for one in rules.of_kind(Rule.EXCLUDE_AUTHOR)]
    return [pl.when(applies).then(pl.lit(reason)) for applies, reason in found]


def _is_by(login: str, authors: Mapping[str, list[str]]) -> pl.Expr:
    if login in authors:
        return pl.col("author_id").is_in(authors[login]).fill_null(value=False)
    return matches(pl.col("author_login"), login)


def _find_releases(facts: Facts, rules: TeamRules) -> pl.DataFrame:
    """Return one row per pull request within one repository: `id`, `is_release`."""
    defaults = facts.repositories.select(repository_id="id", default_branch="default_branch")
    within = facts.pull_requests.filter(~pl.col("is_cross_repository").fill_null(value=False))
    within = within.join(defaults, on="repository_id", how="left").join(
        _count_uses(within, facts.pull_requests), on="id", how="left"
    )
    is_named = [_is_named(pl.col(name), rules) for name in ("head_ref", "base_ref")]
    is_head_default, is_base_default = (
        (pl.col(name) == pl.col("default_branch")).fill_null(value=False) for name in ("head_ref", "base_ref")
    )
    times, meanwhile, head = pl.col("_other_times"), pl.col("_meanwhile"), pl.col("head_ref")
    is_used = (times >= MIN_OTHER_TIMES) | (meanwhile >= MIN_MEANWHILE)
    is_usual = head.str.contains(USUAL_NAMES) & (times + meanwhile > 0)
    is_head_known = is_named[0] | is_head_default
    is_head_long_lived = is_head_known | is_used | is_usual | head.str.contains(RELEASE_NAMES)
    is_base_long_lived = is_named[1] | is_base_default | (pl.col("_targets") > 0) | is_head_known
    is_release = is_head_long_lived & is_base_long_lived & (head != pl.col("base_ref"))
    return within.select("id", is_release=is_release.fill_null(value=False))


def _is_named(branch: pl.Expr, rules: TeamRules) -> pl.Expr:
    named = [matches(branch, one, is_case_sensitive=True) for one in rules.of_kind(Rule.BASE)]
    return pl.any_horizontal(pl.lit(value=False), *named)


def _count_uses(within: pl.DataFrame, pull_requests: pl.DataFrame) -> pl.DataFrame:
    """Return how often other pull requests target the head and the base of each of `within`; `id`.

    `_meanwhile` and `_other_times` target its head, opened while it was open or not; `_targets` its base.
    """
    place = ["repository_id", "base_ref"]
    targets = pull_requests.group_by(place).agg(_targets=pl.len().cast(pl.Int64) - 1)
    heads = within.join(pull_requests, left_on=["repository_id", "head_ref"], right_on=place, how="semi")
    opened: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    used = pull_requests.join(heads, left_on=place, right_on=["repository_id", "head_ref"], how="semi")
    for repository_id, branch, at in used.select(*place, "created_at").iter_rows():
        opened[repository_id, branch].append(at)
    for times in opened.values():
        times.sort()
    rows = []
    columns = ("id", "repository_id", "head_ref", "created_at", "closed_at")
    for key, repository_id, head, created_at, closed_at in heads.select(columns).iter_rows():
        times = opened[repository_id, head]
        meanwhile = bisect_right(times, closed_at or _AT_LAST) - bisect_left(times, created_at)
        rows.append((key, meanwhile, len(times) - meanwhile))
    types = {"id": pull_requests.schema["id"], "_meanwhile": pl.Int64(), "_other_times": pl.Int64()}
    uses = pl.DataFrame(rows, schema=types, orient="row")
    return (
        within.select("id", *place)
        .join(uses, on="id", how="left")
        .join(targets, on=place, how="left", nulls_equal=True)
        .select("id", pl.col("_meanwhile", "_other_times").fill_null(0), pl.col("_targets").fill_null(0))
    )
