"""The registry as rows for SQL (`metric_catalogue`) and as a page for people (`docs/metrics.md`)."""

import polars as pl

from warehouse import schema
from warehouse.metrics.metric import Metric
from warehouse.metrics.registry import GROUPS, METRICS

_INTRODUCTION = """\
<!-- Written by `make docs` from the code: change it there. -->

# What the numbers mean

All of it is computed from GitHub's own times, in UTC, never from the order of rows.

## The anchors of one pull request

| anchor | definition |
|---|---|
| `first_commit_at` | Earliest *authored* date of its commits. A rebase rewrites committer dates, not this. |
| `opened_at` | `createdAt` |
| `ready_at` | The last time it became ready for review, by opening or by leaving draft, before its first review. \
Who reviews or merges a draft treats it as ready: then that is the moment. A draft that saw neither has none. |
| `first_response_at` | First comment or review, from `ready_at` on, by a human other than the author. |
| `first_review_at` | First submitted review, from `ready_at` on, by a human other than the author. |
| `approved_at` | First approval by a human other than the author, from `first_review_at` on. |
| `merged_at`, `closed_at` | GitHub's |

What came after the merge did not lead to it: a review, an approval or an answer from then is no anchor.

A **human** is an account that is no bot. A **bot** is told by GitHub's type, by a login that ends in `[bot]`, by the \
list shipped with prflow or by the team's own list. An account that answers more than 80 % of at least 10 pull \
requests within 60 seconds is proposed as one, and a person decides. AI review bots are bots with a lane of their own: \
they never count as the human answer. Deleted accounts count as one person, `ghost`.

## The phases

| phase | from | to | NULL where |
|---|---|---|---|
| coding | first commit | ready | no commit is known |
| pickup | ready | first review | merged without a review |
| review | first review | approval, or the merge where none approved | merged without a review |
| merge | approval | merge | never approved |
| unreviewed | ready | merge | reviewed |

The cycle time runs from the first commit, or from ready where that came first, to the merge. An anchor that lies \
before the one ahead of it is taken to be as late as that one. So no phase is negative, and the phases that exist sum \
to the cycle time exactly, for every pull request. A phase that did not happen is NULL, never 0. Nights and weekends \
count.

## Weeks and statistics

- A week begins on Monday 00:00 in the team's time zone. Each metric names the timestamp that places a pull request.
- Weeks without events are there: counts are 0, everything else is NULL. The week that is not over is marked, and \
never compared with a full one.
- A week is *partial* where data of it are missing: the history begins within it, the last sync ended before it did, \
or a pull request could not be fetched whole. It is shown as such, and left out of every comparison.
- Medians, p75 and p90 interpolate linearly. `n` says how many pull requests (or reviews) are behind a number; under \
the metric's minimum it is shown as "too few".
- A ratio has its numerator and denominator beside it; 0 of 0 is NULL.
"""


def compute_catalogue() -> pl.DataFrame:
    """One row per metric, with the columns of `metric_catalogue`."""
    return schema.frame(schema.metric_catalogue, [_row(metric) for metric in METRICS])


def render() -> str:
    """The page `docs/metrics.md`, in Markdown."""
    sections = ["\n".join([f"## {title}\n", *map(_section, metrics)]) for title, metrics in GROUPS.items()]
    return "\n".join([_INTRODUCTION, *sections])


def _row(metric: Metric) -> dict[str, object]:
    names = ("title", "unit", "better", "question", "definition", "exclusions", "placed_by", "statistic", "min_n")
    fields = {name: getattr(metric, name) for name in names}
    return {"metric": metric.name, "source_fields": list(metric.source_fields), **fields}


def _section(metric: Metric) -> str:
    fields = ", ".join(f"`{field}`" for field in metric.source_fields)
    better = "" if metric.better == "neither" else f", {metric.better} is better"
    least = f", at least {metric.min_n} of them" if metric.min_n else ""
    return "\n".join(
        [
            f"### `{metric.name}`: {metric.title}",
            "",
            f"*{metric.question}*",
            "",
            metric.definition,
            "",
            f"- Left out: {_lower_first(metric.exclusions)}.",
            f"- Unit: {metric.unit}{better}. Statistic: {metric.statistic}{least}.",
            f"- Placed in a week by `{metric.placed_by}`. From {fields}.",
            "",
        ]
    )


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
