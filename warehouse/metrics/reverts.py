"""The one definition of a revert, for metrics, rules and events: what a pull request reverts, and what was reverted.

GitHub's button "Revert" writes a branch, a title, and a body that links the pull request; people change one
or two of the three, or write them by hand. The body links across repositories too.
"""

import re
from dataclasses import dataclass

import polars as pl

from warehouse.metrics.facts import Facts

# ASCII classes only, so that the patterns mean the same to Python, Polars and DuckDB. Nine digits fit an Int32.
BODY = r"(?im)^[ \t]*reverts[ \t]+([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?#([0-9]{1,9})\b"
BRANCH = r"^revert-([0-9]{1,9})-"
TITLE = r'(?i)^revert(?:[ \t]+"|[ \t]+(?:PR[ \t]+)?#([0-9]{1,9})\b|(?:\([^()]*\))?!?:[ \t])'
_QUOTE = re.compile(r'(?i)^revert[ \t]+"(.+)"$')
# What `git revert` writes.
_COMMIT = re.compile(r"(?i)^\s*This reverts commit [0-9a-f]{7,40}\b")


@dataclass(frozen=True)
class Named:
    """A pull request that another one says it reverts. `full_name` None: one of the same repository."""

    number: int
    full_name: str | None = None


def find_named(title: str, body: str, head_ref: str) -> tuple[Named, ...]:
    """Return the pull requests whose numbers the body, the branch or the title say are reverted, in this order."""
    in_body = [Named(int(number), full_name or None) for full_name, number in re.findall(BODY, body)]
    elsewhere = (re.search(BRANCH, head_ref), re.search(TITLE, title))
    return (*in_body, *(Named(int(found[1])) for found in elsewhere if found and found[1]))


def find_quoted(title: str) -> str | None:
    """Return the title that a title `Revert "..."` quotes."""
    found = _QUOTE.search(title)
    return found[1] if found else None


def is_revert(title: str, body: str, head_ref: str) -> bool:
    """Return True if a pull request says that it reverts anything, by number, title or commit."""
    return bool(find_named(title, body, head_ref) or re.search(TITLE, title) or _COMMIT.search(body))


def find_reverted(facts: Facts) -> pl.DataFrame:
    """Return one row per pull request that a later, merged one of the same repository reverts: `is_reverted`.

    Numbers name it. Without a number, a quoted title names the newest pull request of that title.
    """
    merged = facts.pull_requests.filter(pl.col("merged_at").is_not_null())
    names = facts.repositories.select(repository_id="id", full_name="full_name")
    reverts = _read_reverts(merged.join(names, on="repository_id", how="left"))
    originals = merged.select("repository_id", "number", "title", pull_request_id="id", original_at="merged_at")
    by_number = reverts.drop_nulls("reverted_number").join(
        originals, left_on=["repository_id", "reverted_number"], right_on=["repository_id", "number"]
    )
    without_number = reverts.filter(pl.col("reverted_number").is_null())
    by_title = without_number.join(
        originals, left_on=["repository_id", "reverted_title"], right_on=["repository_id", "title"]
    )
    found = [_later(by_number), _newest(_later(by_title))]
    return pl.concat(frame.select("pull_request_id") for frame in found).unique().with_columns(is_reverted=True)


def _read_reverts(pull_requests: pl.DataFrame) -> pl.DataFrame:
    """Return one row per revert and number that it names, or title that it quotes if it names none."""
    may_revert = (
        pl.col("title").str.contains(TITLE) | pl.col("head_ref").str.contains(BRANCH) | pl.col("body").is_not_null()
    )
    columns = ("repository_id", "id", "merged_at", "full_name", "title", "body", "head_ref")
    rows = [
        (repository_id, revert_id, merged_at, number, quoted)
        for repository_id, revert_id, merged_at, full_name, *texts in pull_requests.filter(may_revert)
        .select(columns)
        .iter_rows()
        for number, quoted in _said(full_name or "", *(text or "" for text in texts))
    ]
    schema = {
        "repository_id": pl.String(),
        "revert_id": pl.String(),
        "reverted_at": pull_requests.schema["merged_at"],
        "reverted_number": pl.Int32(),
        "reverted_title": pl.String(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _said(full_name: str, title: str, body: str, head_ref: str) -> list[tuple[int | None, str | None]]:
    """Return the numbers named in the repository `full_name`, else the quoted title."""
    named = find_named(title, body, head_ref)
    here = [one.number for one in named if one.full_name is None or one.full_name.lower() == full_name.lower()]
    quoted = find_quoted(title)
    return [(number, None) for number in here] or ([(None, quoted)] if quoted else [])


def _later(pairs: pl.DataFrame) -> pl.DataFrame:
    is_later = (pl.col("reverted_at") >= pl.col("original_at")) & (pl.col("revert_id") != pl.col("pull_request_id"))
    return pairs.filter(is_later)


def _newest(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.sort("original_at").unique("revert_id", keep="last", maintain_order=True)
