"""The registry as rows for SQL (`metric_catalogue`) and as a page for people (`docs/metrics.md`).

The anchors and phases on that page are the comments of their columns in `warehouse/schema/`.
"""

import polars as pl

from warehouse import schema
from warehouse.metrics.explained.example import draw_table, make_example, say_result
from warehouse.metrics.metric import Metric
from warehouse.metrics.phases import PHASES
from warehouse.metrics.registry import groups_with, metrics_with

ANCHORS = (
    "first_commit_at",
    "opened_at",
    "ready_at",
    "first_response_at",
    "draft_review_at",
    "first_review_at",
    "approved_at",
    "merged_at",
    "closed_at",
)

_INTRODUCTION = """\
<!-- Written by `make docs` from the code: change it there. -->

# What the numbers mean

All numbers are computed from GitHub's own timestamps, in UTC, never from the order of rows.

## The anchors of one pull request

{anchors}

What came after the merge did not lead to it: a later review, approval or response is not an anchor.

Dates of commits come from the clocks of other people's machines, all other timestamps from GitHub's. A date of a \
commit *cannot be*, and is then no anchor, no push and no sign of life, if it lies

- before 7 April 2005, when git began: a clock that was never set, or an import;
- more than a year before its repository was created on GitHub: work often begins before its repository is there, but \
what is years older was only carried along;
- more than 10 minutes after the last update of its pull request or after its merge, by GitHub's clock: a push moves \
that update, so no commit can be younger. The 10 minutes are for clocks that are kept but not exact.

Data health & sync counts the commits with such dates. An author date that is possible but much older than the \
committer date is kept as the first commit: it is when the work was written. The pull request's drawer says that it \
was cherry-picked or rebased. Counts and sizes below 0 or above what their column holds, NUL characters and broken \
characters are not stored (`pull_requests.altered_reason`). Nothing after the time of the computation is a sign of life.

Whoever is ready, goes back to draft and becomes ready again is ready when the review came that counts. A review of a \
draft is `draft_review_at` and no first review: the wait for the first review begins at ready. One that was merged as \
a draft became ready with the merge.

**Activity** is the opening, the closing, comments, comments on lines, reviews, commits, and these events: ready for \
review and back to draft, review requested or no longer, review dismissed, closed, reopened, merged, force push, label \
set or removed, title or base branch changed, milestone, auto-merge, merge queue. What bots do counts. A mention by \
another pull request, an assignment and a subscription do not.

A **comment on a line of the diff** is part of a review, which GitHub makes for each one; it counts in \
`review_comments_per_pr`, and as a response by its review.

A **human** is an account that is not a bot. A **bot** is known by GitHub's type, by a login that ends in `[bot]`, by \
the list shipped with prflow or by the team's own list. An account is proposed as a bot, with the evidence, if it is \
named like a machine (`acme-ci-bot`), if it responds to more than 80 % of at least 10 pull requests within 60 seconds, \
or to more than 80 % of them after the same delay, give or take a tenth. A person decides; then all numbers are \
computed again. AI review bots are bots that are counted separately: they never count as the human response.

## The lanes

What opened a pull request decides in which numbers it counts (`author_lane`):

| lane | what | counts |
|---|---|---|
| `person` | a human | in all metrics |
| `ghost` | all deleted accounts | in all metrics |
| `agent` | a coding agent: Copilot, Devin, Claude, Codex, Jules, Cursor and the like, by its account, or automation \
of which the evidence says so | in all metrics of teams and repositories; among people's numbers for the person who \
asked for it |
| `automation` | dependency and release bots, CI | in `automation_prs` alone |
| `ai_reviewer` | a bot that only reviews | in no metric |

Who asked an agent (`requested_by_login`) is its only assignee, else the only person whose review the agent asked for, \
else the only person who wrote commits in it; if that is not known, it counts for nobody. Numbers per person count \
persons only. “Include bots” lists what automation opened, and changes no number.

**People are counted by GitHub's id**, not by login: somebody who was renamed is one person, and somebody who took \
over a login is another. What has no id: GitHub names no author for what a deleted account left behind, so all deleted \
accounts count as one person, `ghost`, unless it was fetched before the deletion. The author of a commit is known by \
an e-mail address that GitHub may match to nobody; no metric counts people by commits.

A **dismissed** review counts as what it was: GitHub writes DISMISSED over its state, and the event of the dismissal \
keeps it. So no number of a past week changes because a review is dismissed today.

## What counts

- **Without a time.** What GitHub calls merged or closed without saying when (imported ones) was so at the time of \
the event, else at the other of the two times, else at its last update. One that was opened before git began (7 April \
2005) was opened when something first happened to it.
- **Landed by a bot.** A merge bot may push the commits itself and then close the pull request, which GitHub calls \
closed. It counts as merged when it was closed if a commit closed it, if its title begins with `[Merged by `, if it \
has the label `Merged`, or if the team names its title or label. A commit of another merged pull request that closes \
it replaced it.
- **Branch to branch.** A release or a back-merge takes one long-lived branch to another. Its commits are those of \
other pull requests, so it is counted in `release_prs` and in no other metric. A branch lives long if it is the \
default branch, if the team names it, if it is called `release/1.2` or the like, or if other pull requests target it, \
not only while the one from it is open: those are stacked on it. A branch in a fork never does.
- **Left out by the team**: by label, title, target branch or author. `prflow rules` lists the rules, and shows what \
a new one moves before it is kept. The reason is in the drawer of each pull request that is left out, and in \
`excluded_by`.
- **Who merged** is who asked: if a merge queue or auto-merge merged, the person who put it into the queue or \
switched it on.
- **Reverted** is what a later merged pull request takes back: by GitHub's button, by `git revert` (the quoted title, \
its number, the hash of a commit or of the merge), by `revert:` or by `Revert #12`, also if it says \
“back out” or “roll back”. A revert that is reverted does \
not count.

## The phases

{phases}

The cycle time runs from the first commit, or from ready if that was earlier, to the merge. An anchor that lies before \
the preceding one is moved to it. So no phase is negative, and the phases that exist sum to the cycle time exactly, \
for every pull request. A phase that did not happen is NULL, never 0. Nights and weekends count. If the team set its \
working hours (`prflow team OWNER --working-hours mon-fri 9-17`), every duration is there in these, too, without \
holidays: `coding_work_hours`, `pickup_work_hours` and so on, which sum to `cycle_time_work_hours` in the same way.

## Weeks and statistics

- A week begins on Monday 00:00 in the team's time zone. Each metric names the timestamp that places a pull request.
- Weeks without events are included: counts are 0, everything else is NULL. The current week is marked, and never \
compared with a complete one.
- A week is *partial* if data of it are missing: the history begins within it, the last sync ended before it did, or a \
pull request could not be fetched completely. It is shown as partial, and excluded from every comparison. What is \
open (`open_prs`, `stale_prs`, `open_age_p50_hours`) is partial in every week until the whole history is there: what \
is open and older is fetched with its beginning. A pull request that is open and not fetched yet makes no week \
partial for what was merged or closed.
- Values are there for the team, for each repository, for each GitHub team (scope `github_team`: pull requests of \
people who were members when they were opened, reviews of those who were when they were submitted, as far as prflow \
has seen; who was a member when the team was first read counts as one before) and, if the team allows it, for each \
person. The current week ends at the time of the computation.
- Medians, p75 and p90 interpolate linearly. `n` is the number of pull requests (or reviews) behind a value; below the \
metric's minimum the value is shown as "too few".
- A ratio has its numerator and denominator beside it; 0 of 0 is NULL.
- The metrics of issues are there only if issues of Jira are read ([jira.md](jira.md)).
- The example of each metric is of the week of Monday 3 August 2026, in UTC: made-up rows, which of them count, and \
what comes out. `prflow metrics show METRIC` prints the same.
"""


def compute_catalogue(*, has_issues: bool = False) -> pl.DataFrame:
    """Return one row per metric, with the columns of `metric_catalogue`; those of issues if issues are read."""
    return schema.frame(schema.metric_catalogue, [_row(metric) for metric in metrics_with(has_issues=has_issues)])


def render() -> str:
    """Render the page `docs/metrics.md`, in Markdown."""
    introduction = _INTRODUCTION.format(
        anchors=_table("anchor", {name: name for name in ANCHORS}),
        phases=_table("phase", {phase: f"{phase}_hours" for phase in PHASES}),
    )
    groups = groups_with(has_issues=True)
    sections = ["\n".join([f"## {title}\n", *map(_section, metrics)]) for title, metrics in groups.items()]
    return "\n".join([introduction, *sections])


def _table(head: str, columns: dict[str, str]) -> str:
    """Render a table of names and what the comments of their columns say."""
    comments = {name: schema.pull_request_metrics.columns[column].comment for name, column in columns.items()}
    rows = [f"| `{name}` | {comment}. |" for name, comment in comments.items()]
    return "\n".join([f"| {head} | definition |", "|---|---|", *rows])


def _row(metric: Metric) -> dict[str, object]:
    special = {"metric": metric.name, "source_fields": list(metric.source_fields)}
    names = [name for name in schema.polars_schema(schema.metric_catalogue) if name not in special]
    return special | {name: getattr(metric, name) for name in names}


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
            f"- Excluded: {_lower_first(metric.exclusions)}.",
            f"- Unit: {metric.unit}{better}. Statistic: {metric.statistic}{least}.",
            f"- Placed in a week by `{metric.placed_by}`. From {fields}.",
            "",
            *_example(metric),
            "",
        ]
    )


def _example(metric: Metric) -> list[str]:
    """Render the example of a metric as a text table and what comes out of it."""
    example = make_example(metric)
    lines = [*draw_table(example).splitlines(), say_result(metric, example.value)]
    return [f"    {line}" for line in lines]


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
