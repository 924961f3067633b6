"""Which pull requests were reverted by a later one."""

import polars as pl

from warehouse.metrics.facts import Facts

# What GitHub's button "Revert" writes: a branch, a title, and a body that links the pull request. The
# body also links across repositories; such a link is no revert of the number here.
BRANCH = r"^revert-(\d+)-"
BODY = r"(?i)(?:^|\n)\s*reverts (?:([\w.-]+/[\w.-]+))?#(\d+)"
TITLE = r'^Revert "(.+)"$'


def find_reverted(facts: Facts) -> pl.DataFrame:
    """One row per pull request that a later, merged one of the same repository reverts: `is_reverted`.

    A number in the body or the branch says which; else the title, which quotes the newest of that title.
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
    """`repository_id`, `revert_id`, `reverted_at`, and what it says that it reverts: a number, a title."""
    body, linked = pl.col("body"), pl.col("body").str.extract(BODY, 1)
    is_here = linked.is_null() | (linked.str.to_lowercase() == pl.col("full_name").str.to_lowercase())
    in_body = pl.when(is_here).then(body.str.extract(BODY, 2))
    in_branch = pl.col("head_ref").str.extract(BRANCH, 1)
    return pull_requests.select(
        "repository_id",
        revert_id="id",
        reverted_at="merged_at",
        reverted_number=pl.coalesce(in_body, in_branch).cast(pl.Int32, strict=False),
        reverted_title=pl.col("title").str.extract(TITLE, 1),
    ).filter(pl.col("reverted_number").is_not_null() | pl.col("reverted_title").is_not_null())


def _later(pairs: pl.DataFrame) -> pl.DataFrame:
    is_later = (pl.col("reverted_at") >= pl.col("original_at")) & (pl.col("revert_id") != pl.col("pull_request_id"))
    return pairs.filter(is_later)


def _newest(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.sort("original_at").unique("revert_id", keep="last", maintain_order=True)
