"""The metrics of delivery to production: known only where deployments are, and only by containment."""

import polars as pl

from warehouse.metrics.metric import NO_BOTS, Metric, count, median, share

_MERGE = "pull_requests.merged_at"
_DEPLOYED = ("deployments.succeeded_at", "deployments.commit_oid", "pull_requests.merge_commit_oid")
_NOT_KNOWN = f"{NO_BOTS}. Changes that no deployment to production is known to contain"

DEPLOYED_PRS = Metric(
    name="deployed_prs",
    title="Changes in production",
    unit="count",
    better="higher",
    question="How much reached production?",
    definition="Merged pull requests by the time of the first successful deployment to production that is known to "
    "contain them: of their merge commit, or of that of a later merge into the same branch.",
    source_fields=_DEPLOYED,
    placed_by="in_production_at",
    exclusions=_NOT_KNOWN,
    counts=pl.col("in_production_at").is_not_null(),
    **count(),
)
MERGE_TO_PRODUCTION_P50_HOURS = Metric(
    name="merge_to_production_p50_hours",
    title="Merge to production",
    unit="hours",
    better="lower",
    question="How long does a merged change wait until it is in production?",
    definition="From the merge to the first successful deployment to production that is known to contain it: the "
    "median, in the week of the deployment.",
    source_fields=(_MERGE, *_DEPLOYED),
    placed_by="in_production_at",
    counts=pl.col("merge_to_production_hours").is_not_null(),
    exclusions=_NOT_KNOWN,
    **median("merge_to_production_hours"),
)
FIRST_COMMIT_TO_PRODUCTION_P50_HOURS = Metric(
    name="first_commit_to_production_p50_hours",
    title="Lead time to production",
    unit="hours",
    better="lower",
    question="How long does a change take from its first commit to production?",
    definition="From the first commit to the first successful deployment to production that is known to contain it: "
    "the median, in the week of the deployment.",
    source_fields=("commits.authored_at", *_DEPLOYED),
    placed_by="in_production_at",
    counts=pl.col("first_commit_to_production_hours").is_not_null(),
    exclusions=f"{_NOT_KNOWN}, and those whose commits are not known",
    **median("first_commit_to_production_hours"),
)
CHANGE_FAILURE_SHARE = Metric(
    name="change_failure_share",
    title="Change failures",
    unit="share",
    better="lower",
    question="How often does a change fail in production?",
    definition="Merged pull requests of which the first deployment to production that contains them failed, or that "
    "were reverted later, of all that a deployment to production is known to contain.",
    source_fields=("deployments.failed_at", *_DEPLOYED, _MERGE),
    placed_by="merged_at",
    counts=pl.col("is_change_failure").is_not_null(),
    exclusions=_NOT_KNOWN,
    **share("is_change_failure"),
)

PRODUCTION = (
    DEPLOYED_PRS,
    MERGE_TO_PRODUCTION_P50_HOURS,
    FIRST_COMMIT_TO_PRODUCTION_P50_HOURS,
    CHANGE_FAILURE_SHARE,
)
