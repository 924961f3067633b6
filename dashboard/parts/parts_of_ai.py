"""Parts of pull requests by AI: what opened or helped, and the evidence and the tools that say so.

`side=agent`, `side=assisted` and `side=none` in an address; `evidence=KIND` and `tool=NAME` for what was found.
"""

import polars as pl

from dashboard.shell.context import Context
from warehouse.metrics.facts import KEY

SIDES = {
    "agent": pl.col("ai_level") == "authored",
    "assisted": pl.col("ai_level") == "assisted",
    # "In some commits" is neither: it is left out of both sides.
    "none": pl.col("ai_level").is_in(["none", "denied", "mentioned"]),
}
SIDE_TITLES = {"agent": "Opened by an agent", "assisted": "With a model's help", "none": "No evidence of AI"}
EVIDENCE = {"evidence": pl.col("ai_evidence_kind"), "tool": pl.col("ai_tools")}
NAMES = {"side", *EVIDENCE}


def condition_of(part: str) -> pl.Expr | None:
    """Return the condition of a part; None if there is no such part."""
    name, _, value = part.partition("=")
    if name == "side":
        return SIDES.get(value)
    if name == "evidence" and value:
        return EVIDENCE[name] == value
    return EVIDENCE[name].list.contains(value) if name == "tool" and value else None


def add_evidence(page: Context, rows: pl.DataFrame) -> pl.DataFrame:
    """Add `ai_evidence_kind` and `ai_tools`, which are NULL if no agent opened it and no model helped."""
    return rows.join(page.reader.ai_evidence(), on=KEY, how="left")


def say_part(part: str) -> str:
    """Say which part it is: plain text that includes a tool's name."""
    name, _, value = part.partition("=")
    if name == "side":
        return SIDE_TITLES[value][0].lower() + SIDE_TITLES[value][1:]
    return f"{name}: {value}"
