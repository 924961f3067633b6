"""What work is invested in: types of work as the few buckets that managers plan with."""

from collections.abc import Mapping

import polars as pl

from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.outcomes.team_rules import BUCKETS, Rule, TeamRules

CANNOT_TELL = "cannot tell"

# A team maps its own: `prflow rules --add investment=docs:new`.
SHIPPED_BUCKETS: Mapping[str, str] = {
    "feature": "new",
    "performance": "improve",
    "refactor": "improve",
    "bugfix": "keep running",
    "security": "keep running",
    "dependency": "keep running",
    "infra": "keep running",
    "chore": "keep running",
    "test": "productivity",
    "build_ci": "productivity",
    "docs": "productivity",
}


def find_investment(facts: Facts) -> pl.DataFrame:
    """Return one row per analysed pull request: `investment`, one of BUCKETS or `cannot tell`.

    The latter is what neither the rules nor the model could give a type.
    """
    rules = TeamRules.of(facts.team_settings.select("name", "value").iter_rows())
    own = dict(value.split(":", 1) for value in rules.of_kind(Rule.INVESTMENT) if ":" in value)
    buckets = {**SHIPPED_BUCKETS, **{kind: bucket for kind, bucket in own.items() if bucket in BUCKETS}}
    bucket = pl.col("work_type").replace_strict(buckets, default=CANNOT_TELL, return_dtype=pl.String)
    return facts.pr_analysis.select(KEY, investment=bucket.fill_null(CANNOT_TELL)).unique(KEY)
