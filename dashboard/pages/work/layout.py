"""Work: what kind of work is delivered, what is invested in, how risky it was, and what could not be told."""

from dashboard.pages.work import agreement, mix, pieces, risk, unknown
from dashboard.parts.groups import draw_by_repository
from dashboard.parts.panels import Layout, Panel, draw_page

MIX = Panel(
    "mix",
    "What is delivered",
    "merged pull requests by week of merge, and of the period; weeks that are not complete are hatched; click a bar or "
    "a row to list its PRs",
    mix.draw_mix,
)
PIECES = Panel(
    "pieces",
    "The largest pieces of work",
    "merged in the period, by lines changed without generated files; the summaries are the model's or the rules'",
    pieces.draw_pieces,
)
RISK = Panel(
    "risk",
    "Risk",
    "of the pull requests merged in the period, as the rules and the model rate it; click a row to open one",
    risk.draw_risk,
)
UNKNOWN = Panel(
    "unknown",
    "What could not be told",
    "of the pull requests merged in the period, and what to do about it",
    unknown.draw_unknown,
)
AGREEMENT = Panel(
    "agreement",
    "Is that right?",
    "a sample of the merged pull requests of all times; open one and say whether its type of work is right",
    agreement.draw_agreement,
    frozenset(),
)
BY_REPOSITORY = Panel(
    "by_repository",
    "By repository",
    "shares of merged pull requests, the largest first; click a row to list its PRs",
    lambda page: draw_by_repository(
        page, ("work_feature_share", "work_bugfix_share", "work_refactor_share", "work_dependency_share", "merged_prs")
    ),
)

LAYOUT = Layout("Work", ((MIX,), (PIECES,), (RISK,), (BY_REPOSITORY,), (UNKNOWN,), (AGREEMENT,)))

if __name__ == "__main__":  # Streamlit runs the page so
    draw_page(LAYOUT)
