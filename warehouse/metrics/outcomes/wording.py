"""The reasons in `pull_request_metrics` in words: clauses, to be put behind a colon."""

from datetime import datetime

from warehouse.metrics.outcomes.team_rules import RELEASE

_LANDINGS = {
    "title": "its title says that a bot merged it",
    "label": "its label says that a bot merged it",
    "commit": "a commit on the branch closed it",
}
_RULES = {"label": "with the label", "title": "whose title begins with", "base": "to the branch", "author": "by"}


def describe_exclusion(excluded_by: str, head_ref: str | None, base_ref: str | None, since: datetime | None) -> str:
    """Return why a pull request does not count; `since` is when the team set the rule."""
    if excluded_by == RELEASE:
        return f"it takes {head_ref} to {base_ref}, with commits of other pull requests"
    kind, _, value = excluded_by.partition(" ")
    set_at = f" (rule of {since:%Y-%m-%d})" if since else ""
    return f"the team leaves out pull requests {_RULES.get(kind, kind)} {value}{set_at}"


def describe_landing(landed_by: str) -> str:
    """Return what says that a bot merged it."""
    return _LANDINGS.get(landed_by, landed_by)
