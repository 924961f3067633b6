"""When a change reached production: by the deployments that are known to contain it.

A deployment of the commit that merged a pull request contains it and what was merged into the same branch before. A
deployment of another commit says nothing: which commits it contains is not known here. What was merged before the
deployments of its repository were read is not known either.
"""

import polars as pl

from warehouse.metrics.facts import KEY, TIMESTAMP, Facts

# Environments are named by whoever deploys: production, Production, prod, prod-eu, live.
PRODUCTION = r"(?i)^(prod|production|live)([ /_.:-].*)?$"
BRANCH = ["repository_id", "base_ref"]


def find_production(facts: Facts) -> pl.DataFrame:
    """Return one row per merged pull request that a deployment to production is known to contain.

    `in_production_at`: the first success of one that contains it; NULL if none has succeeded. `_is_deployment_failed`:
    the first that contains it failed, or failed before it succeeded.
    """
    merged = facts.pull_requests.filter(pl.col("merged_at").is_not_null())
    known = facts.repositories.select(repository_id="id", _from="deliveries_from")
    changes = (
        merged.join(known, on="repository_id")
        .filter(pl.col("merged_at") >= pl.col("_from"))
        .select(*BRANCH, "merged_at", pl.col("id").alias(KEY))
        .sort("merged_at")
    )
    deployments = _find_contained(facts, merged)
    return (
        changes.join_asof(deployments, on="merged_at", by=BRANCH, strategy="forward", check_sortedness=False)
        .filter(pl.col("_first_at").is_not_null())
        .select(KEY, "_is_deployment_failed", in_production_at=_not_before("merged_at"))
    )


def _find_contained(facts: Facts, merged: pl.DataFrame) -> pl.DataFrame:
    """Return, for each deployed merge, what is true of all deployments that contain what was merged by then.

    One row per branch and `merged_at`, in its order: `in_production_at`, `_first_at` (when the first of them began) and
    `_is_deployment_failed`.
    """
    deployed = facts.deployments.filter(pl.col("environment").str.contains(PRODUCTION)).join(
        merged.select("repository_id", "base_ref", "merged_at", commit_oid="merge_commit_oid"),
        on=["repository_id", "commit_oid"],
    )
    has_failed = pl.col("failed_at").is_not_null() & (
        pl.col("succeeded_at").is_null() | (pl.col("failed_at") < pl.col("succeeded_at"))
    )
    has_ended = pl.col("failed_at").is_not_null() | pl.col("succeeded_at").is_not_null()
    ended = deployed.filter(has_ended).with_columns(_is_failed=has_failed)
    # From the last merge to the first: a later merge's deployment contains the earlier ones.
    in_order = ended.sort("merged_at", "created_at", "id", descending=True)
    first_at = pl.col("created_at").cum_min().over(BRANCH)
    counted = in_order.with_columns(
        in_production_at=_least_so_far("succeeded_at").over(BRANCH),
        _first_at=first_at,
        _is_deployment_failed=pl.when(pl.col("created_at") == first_at).then("_is_failed").forward_fill().over(BRANCH),
    )
    return (
        counted.group_by(*BRANCH, "merged_at", maintain_order=True)
        .last()
        .select(*BRANCH, "merged_at", "in_production_at", "_first_at", "_is_deployment_failed")
        .sort("merged_at")
    )


def _not_before(moment: str) -> pl.Expr:
    """Return `in_production_at`, no earlier than that: a merge queue may deploy a commit before it is merged."""
    return pl.when(pl.col("in_production_at").is_not_null()).then(pl.max_horizontal("in_production_at", moment))


def _least_so_far(column: str) -> pl.Expr:
    """Return the smallest value so far; NULL where there was none yet."""
    return pl.col(column).cum_min().forward_fill().cast(TIMESTAMP)
