"""The metrics of work types: what kind of work is delivered."""

import polars as pl

from warehouse.metrics.metric import NO_BOTS, Metric, share

WORK_TYPES = {
    "feature": "features",
    "bugfix": "bug fixes",
    "refactor": "refactorings",
    "performance": "performance work",
    "docs": "documentation",
    "test": "tests",
    "build_ci": "build and CI",
    "dependency": "dependency updates",
    "infra": "infrastructure",
    "security": "security work",
    "chore": "chores",
}


def _share_of(work_type: str, words: str) -> Metric:
    return Metric(
        name=f"work_{work_type}_share",
        title=words[0].upper() + words[1:],
        unit="share",
        better="neither",
        question=f"How much of what is delivered is {words}?",
        definition=f"Merged pull requests of work type {work_type}, by rules or the language model, of all merged.",
        source_fields=("pr_analysis.work_type", "pull_requests.merged_at"),
        placed_by="merged_at",
        counts=pl.col("work_type").is_not_null(),
        exclusions=f"{NO_BOTS}. Pull requests not yet analysed",
        **share(pl.col("work_type") == work_type),
    )


WORK = tuple(_share_of(work_type, words) for work_type, words in WORK_TYPES.items())
