"""The page `docs/definition-lab.md`: the rules of other tools for each metric that they have, too."""

from warehouse.metrics.lab.presets import PRESETS, TOOLS
from warehouse.metrics.lab.rules import Rule
from warehouse.metrics.metric import Metric
from warehouse.metrics.registry import BY_NAME

_HEAD = """\
<!-- Written by `make docs` from the code: change it there. -->

# The definition lab

Two tools show two numbers for the same team: whose are right? Each is right by its own definition. The lab computes a
number of yours under each of them, over the same pull requests and events, and names the pull requests that make the
difference, and why: `prflow metrics compare METRIC [TEAM] [--repo OWNER/NAME] [--weeks N]`, or on the page
Definitions.
[six-definitions.md](six-definitions.md) shows one number of a real repository under six definitions.

The rules are those of the tools' code or pages, read in November 2026; their data are not used, so a number here is
what such a rule makes of your data, not what that tool shows. What a page does not say is taken as least surprising:
pull requests by bots count, drafts count as soon as they were ready. Times to a deployment or release are left out.
"""


def render() -> str:
    """Render the page, in Markdown."""
    return "\n".join([_HEAD, *(_section(BY_NAME[name], rules) for name, rules in PRESETS.items())])


def _section(metric: Metric, rules: tuple[Rule, ...]) -> str:
    lacking = [tool for tool in TOOLS if tool not in {rule.tool for rule in rules}]
    without = [f"- {', '.join(lacking)}: no such number."] if lacking else []
    lines = [f"- {rule.tool}, [{rule.name}]({rule.source}): {rule.sentence}" for rule in rules]
    ours = f"- prflow: {metric.definition} Left out: {metric.exclusions[:1].lower()}{metric.exclusions[1:]}."
    return "\n".join([f"## `{metric.name}`: {metric.title}\n", ours, *lines, *without, ""])
