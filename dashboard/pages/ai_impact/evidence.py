"""Pull requests with AI by the evidence for it, and by the tool that the evidence names."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from dashboard.parts import parts_of_ai
from dashboard.parts.behind import Behind
from dashboard.parts.drawer import EVIDENCE_PLACES
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.definitions.ai import AI_ASSISTED_SHARE

ROW_HEIGHT = 34
MAX_TOOLS = 12
# What a sign says that no tool is named in: a ticked box, for instance.
UNNAMED_TOOL = "an AI tool"
NO_EVIDENCE = (
    "No merged pull request of this period has evidence of AI. That does not prove that there was none: "
    "`prflow rules` adds a team's own signs, such as a checkbox of its template or a trailer."
)


def draw_by_kind(page: Context) -> None:
    """Draw one row per kind of evidence; the kinds add up to the share above."""
    counts = page.remember("evidence", lambda: count_by_kind(page))
    parts = [(_place(kind), Behind(AI_ASSISTED_SHARE, part=f"evidence={kind}"), n) for kind, n in counts]
    _draw_counts(page, parts, "Evidence in", "by_evidence")


def draw_by_tool(page: Context) -> None:
    """Draw one row per tool, the most frequent first."""
    counts = page.remember("tools", lambda: count_by_tool(page))
    parts = [(_name_tool(tool), Behind(AI_ASSISTED_SHARE, part=f"tool={tool}"), n) for tool, n in counts[:MAX_TOOLS]]
    _draw_counts(page, parts, "Tool", "by_tool")
    if len(counts) > MAX_TOOLS:
        st.caption(f"The {MAX_TOOLS} most frequent of {len(counts)} tools.")


def count_by_kind(page: Context) -> list[tuple[str, int]]:
    """Count the merged pull requests with AI by kind of evidence, the most frequent first."""
    return _counted(_with_ai(page), "ai_evidence_kind")


def _name_tool(tool: str) -> str:
    """Return the tool's name as text."""
    return "Not named" if tool == UNNAMED_TOOL else format.cell(tool, 60)


def count_by_tool(page: Context) -> list[tuple[str, int]]:
    """Count the merged pull requests with AI by tool, the most frequent first."""
    return _counted(_with_ai(page).explode("ai_tools"), "ai_tools")


def _with_ai(page: Context) -> pl.DataFrame:
    rows = Behind(AI_ASSISTED_SHARE, part="yes").select(page)
    return parts_of_ai.add_evidence(page, rows)


def _counted(rows: pl.DataFrame, column: str) -> list[tuple[str, int]]:
    counted = rows.drop_nulls(column).group_by(column).agg(n=pl.len())
    return list(counted.sort("n", column, descending=[True, False]).iter_rows())


def _place(kind: str) -> str:
    """Return the place as the drawer names it: "a commit" becomes "A commit"."""
    words = EVIDENCE_PLACES.get(kind, kind.replace("_", " "))
    return format.cell(words[:1].upper() + words[1:], 60)


def _draw_counts(page: Context, parts: Sequence[tuple[str, Behind, int]], heading: str, key: str) -> None:
    if not parts:
        st.caption(NO_EVIDENCE)
        return
    turn = st.session_state.setdefault(f"{key}_turn", 0)
    event = st.dataframe(
        pl.DataFrame({heading: [label for label, _, _ in parts], "Merged PRs": [n for _, _, n in parts]}),
        hide_index=True,
        height="content",
        row_height=ROW_HEIGHT,
        key=f"{key}_{turn}",
        on_select="rerun",
        selection_mode="single-cell",
        column_config={
            heading: st.column_config.TextColumn(width=190),
            "Merged PRs": st.column_config.ProgressColumn(
                min_value=0, max_value=max(n for _, _, n in parts), format="%d", width=150
            ),
        },
        alt=f"Merged pull requests with AI by {heading.lower()}",
    )
    cells = event["selection"]["cells"]
    if cells and cells[0][0] < len(parts):
        st.session_state[f"{key}_turn"] += 1
        parts[cells[0][0]][1].open(page)
