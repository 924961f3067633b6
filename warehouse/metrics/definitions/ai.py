"""The metrics of AI use: lower bounds, by the evidence that was found."""

import polars as pl

from warehouse.metrics.metric import NO_BOTS, Metric, ratio, share

_ANALYSED = pl.col("ai_level").is_not_null()
_NOT_ANALYSED = f"{NO_BOTS}. Pull requests not yet analysed"

AI_ASSISTED_SHARE = Metric(
    name="ai_assisted_share",
    title="AI-assisted, at least",
    unit="share",
    better="neither",
    question="How much of what is delivered was written with a language model?",
    definition="Merged pull requests with evidence that an agent opened them or that a model helped, of all merged. "
    "A lower bound: help that leaves no trace is not counted.",
    source_fields=("pr_analysis.ai_level", "pull_requests.merged_at"),
    placed_by="merged_at",
    counts=_ANALYSED,
    exclusions=_NOT_ANALYSED,
    **share(pl.col("ai_level").is_in(["authored", "assisted"])),
)
AI_AUTHORED_SHARE = Metric(
    name="ai_authored_share",
    title="Opened by an AI agent",
    unit="share",
    better="neither",
    question="How much of what is delivered was opened by an agent?",
    definition="Merged pull requests that an agent opened, by its evidence, of all merged.",
    source_fields=("pr_analysis.ai_level", "pull_requests.merged_at"),
    placed_by="merged_at",
    counts=_ANALYSED,
    exclusions=_NOT_ANALYSED,
    **share(pl.col("ai_level") == "authored"),
)
AI_REVIEWED_SHARE = Metric(
    name="ai_reviewed_share",
    title="Response by an AI reviewer",
    unit="share",
    better="neither",
    question="How often does an AI review bot respond?",
    definition="Merged pull requests with a comment or review by a known AI review bot from the opening up to the "
    "merge, drafts included, of all merged.",
    source_fields=("reviews.author_login", "comments.author_login", "pull_requests.merged_at"),
    placed_by="merged_at",
    exclusions=NO_BOTS,
    **share("is_ai_reviewed"),
)

MODEL_COST_PER_MERGED_PR = Metric(
    name="model_cost_per_merged_pr",
    title="Cost of the model per merged pull request",
    short_title="Model cost per PR",
    unit="usd",
    better="lower",
    question="What does reading a pull request cost?",
    definition="What the newest reading of each merged pull request cost at list price, summed and divided by those "
    "that were read. The rules cost nothing.",
    source_fields=("pr_analysis.cost_usd", "pull_requests.merged_at"),
    placed_by="merged_at",
    counts=pl.col("model_cost_usd").is_not_null(),
    exclusions=f"{NO_BOTS}. Pull requests not yet analysed, and models of which no price is known",
    **ratio(pl.col("model_cost_usd").sum(), pl.len(), "mean"),
)

AI = (AI_ASSISTED_SHARE, AI_AUTHORED_SHARE, AI_REVIEWED_SHARE, MODEL_COST_PER_MERGED_PR)
