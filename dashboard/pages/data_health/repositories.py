"""The panels of Data health & sync."""

from datetime import timedelta
from typing import Any

import polars as pl
import streamlit as st

from dashboard.first_run import actions, import_panel
from dashboard.first_run.import_panel import REPOSITORY_STATES, STATE_COLORS
from dashboard.reading import clock, format, runs
from dashboard.shell.context import Context

BOT_REASONS = {
    "type": "GitHub's account type", "login": "login ends in [bot]", "list": "on the list of known bots",
    "behaviour": "behaves like one, a person confirmed it", "person": "a person decided",
}  # fmt: skip
RUN_COLORS = {
    "COMPLETED": "green", "RUNNING": "blue", "PENDING": "gray", "SCHEDULED": "gray", "FAILED": "red", "CRASHED": "red",
    "CANCELLED": "orange", "CANCELLING": "orange",
}  # fmt: skip


def draw_summary(page: Context) -> None:
    """Four numbers: freshness, pull requests, complete, read."""
    progress, _ = import_panel.look(page.team_id)
    coverage = page.reader.coverage()
    stored, expected = _sum(coverage, "stored"), _sum(coverage, "expected")
    incomplete, unread = _sum(coverage, "incomplete"), _sum(coverage, "unread")
    with st.grid(4, min_column_width=160):
        _number("Newest sync", format.ago(progress.last_sync_at, clock.now()), format.moment(progress.last_sync_at))
        _number("Pull requests stored", format.number(stored), f"of {expected:,} found by the scans")
        _number("Complete", _share(stored - incomplete, stored), "reviews, comments and commits as GitHub counts them")
        _number("Read by rules or model", _share(stored - unread, stored), f"{unread:,} not read yet")


def _number(title: str, value: str, sentence: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(title, value)
        st.caption(sentence)


def _share(part: int, whole: int) -> str:
    """Rounded down, so that 100 % is said only of all of them."""
    return f"{int(1000 * part / whole) / 10:.1f} %" if whole else format.MISSING


def _sum(frame: pl.DataFrame, column: str) -> int:
    return int(frame[column].sum())


def draw_repositories(page: Context) -> None:
    """Expected and stored per repository, and why one is partial."""
    coverage = page.reader.coverage()
    progress, _ = import_panel.look(page.team_id)
    states = {repo.full_name: repo.sync_status for repo in progress.repos}
    rows = pl.DataFrame(
        {
            "Repository": [format.cell(name) for name in coverage["full_name"]],
            "State": [[_say_state(states, row)] for row in coverage.iter_rows(named=True)],
            "On GitHub": coverage["on_github"],
            "Found": coverage["expected"],
            "Stored": coverage["stored"],
            "Not complete": coverage["incomplete"],
            "Failed": coverage["failed"],
            "Not read": coverage["unread"],
            "Releases": coverage["releases"],
            "Deployments": coverage["deployments"],
            "Last sync": coverage["last_sync_at"],
            "History from": coverage["history_from"],
            "Why": [_why(row) for row in coverage.iter_rows(named=True)],
        },
        schema_overrides={"Why": pl.String},
    )
    with st.container(border=True, gap="xsmall"):
        st.markdown("**Repositories**")
        st.caption("pull requests that the scans found, and those that are in the warehouse")
        st.dataframe(
            rows,
            hide_index=True,
            column_config={
                "Repository": st.column_config.TextColumn(width="medium"),
                "State": st.column_config.MultiselectColumn(
                    options=list(REPOSITORY_STATES.values()), color=STATE_COLORS, width=95
                ),
                "On GitHub": st.column_config.NumberColumn(format="localized", help="All there are, of any age"),
                "Found": st.column_config.NumberColumn(
                    format="localized", help="Updated in the days scanned, and open ones of any age"
                ),
                "Last sync": st.column_config.DatetimeColumn(format="DD MMM, HH:mm"),
                "History from": st.column_config.DatetimeColumn(format="DD MMM YYYY"),
                "Why": st.column_config.TextColumn(width="large", help="Why it failed or is partial"),
            },
            placeholder=format.MISSING,
            alt="Pull requests found and stored per repository",
        )
        if members_error := page.team["members_error"]:
            st.caption(f":material/group_off: Members and teams are not known: {format.escape(members_error)}")


def _say_state(states: dict[str, str], row: dict[str, Any]) -> str:
    """As on every screen; the warehouse's own word for a repository that the progress does not know yet."""
    state: str = states.get(row["full_name"], row["sync_status"])
    return REPOSITORY_STATES.get(state, state)


def _why(row: dict[str, Any]) -> str | None:
    """What is wrong with the pull requests of a repository, then with its releases and deployments."""
    deliveries = row["deliveries_error"]
    parts = [row["last_sync_error"], deliveries and f"Releases and deployments: {deliveries}"]
    return format.cell(". ".join(part for part in parts if part)) or None


def draw_incomplete(page: Context) -> None:
    """The pull requests of which something is missing, named."""
    rows = page.reader.incomplete()
    if rows.is_empty():
        return
    with st.expander(f"{format.plural(rows.height, 'pull request')} with something missing", icon=":material/rule:"):
        st.dataframe(
            pl.DataFrame(
                {
                    "Repository": [format.cell(name) for name in rows["full_name"]],
                    "PR": [f"#{number}" for number in rows["number"]],
                    "Title": [format.cell(title, 200) or None for title in rows["title"]],
                    "What is missing": [format.cell(reason) for reason in rows["reason"]],
                },
                schema_overrides={"Title": pl.String},
            ),
            hide_index=True,
            placeholder=format.MISSING,
            alt="Pull requests that are not complete",
        )


def draw_analysis(page: Context) -> None:
    """What was read by rules, what by which model, what is left and why."""
    rows = page.reader.analysis_summary()
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown("**Analysis**")
        st.caption("who read the pull requests, and what it took")
        if rows.is_empty():
            st.caption("Nothing was read yet.")
            return
        st.dataframe(
            pl.DataFrame(
                {
                    "By": [_reader(row) for row in rows.iter_rows(named=True)],
                    "PRs": rows["pull_requests"],
                    "Tokens": rows["tokens"],
                    "Cost": rows["cost_usd"],
                }
            ),
            hide_index=True,
            column_config={
                "By": st.column_config.TextColumn(width="medium"),
                "PRs": st.column_config.NumberColumn(format="localized"),
                "Tokens": st.column_config.NumberColumn(format="localized"),
                "Cost": st.column_config.NumberColumn(format="$%.4f", help="At list price, where it is known"),
            },
            placeholder=format.MISSING,
            alt="Pull requests read, by rules and by model",
        )


def _reader(row: dict[str, Any]) -> str:
    match row["status"], row["source"]:
        case None, _:
            return "Not read yet"
        case "done", "rule":
            return "Rules"
        case "done", _:
            model, provider = row["model"] or "a model", row["provider"] or "unknown provider"
            return format.cell(model if provider in model else f"{model} ({provider})")
        case status, _:
            return format.cell(f"{str(status).capitalize()}: {row['error_code'] or 'no reason given'}")


def draw_bots(page: Context) -> None:
    """The accounts that the metrics leave out, and why."""
    rows = page.reader.bots()
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown("**Bots**")
        st.caption("left out of the metrics unless included; their pull requests are kept")
        if rows.is_empty():
            st.caption("No account was recognised as a bot.")
            return
        st.dataframe(
            pl.DataFrame(
                {
                    "Account": [format.cell(login) for login in rows["login"]],
                    "Because": [_say_why(row) for row in rows.iter_rows(named=True)],
                    "Opened": rows["opened"],
                    "Reviews": rows["reviews"],
                },
                schema_overrides={"Because": pl.String},
            ),
            hide_index=True,
            height="auto",
            alt="Accounts recognised as bots",
        )
        if not rows["is_bot"].all():
            st.caption("Proposed accounts count as humans until `prflow bots --bot LOGIN` or `--human LOGIN` decides.")


def _say_why(account: dict[str, Any]) -> str:
    if account["is_bot"]:
        return BOT_REASONS.get(account["bot_reason"] or "", str(account["bot_reason"]))
    share = account["quick_answers_share"]
    return "a human, a person decided" if share is None else f"proposed: {share:.0%} of its answers within a minute"


def draw_runs(page: Context) -> None:
    """Flow runs with what they cost, Prefect's state of each, and the way to it."""
    progress, shown = import_panel.look(page.team_id)
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown("**Runs**", width="content")
            actions.draw_retry(progress, shown, key="health_retry")
        rows = page.reader.runs()
        states = _prefect_states(page)
        st.caption("what ran, what GitHub and the model were asked; times in UTC")
        if rows.is_empty():
            st.caption("No run has written to the warehouse yet.")
            return
        st.dataframe(
            _run_rows(rows, states),
            hide_index=True,
            column_config={
                "State": st.column_config.MultiselectColumn(
                    options=[name.capitalize() for name in RUN_COLORS], color=list(RUN_COLORS.values()), width=100
                ),
                "Started": st.column_config.DatetimeColumn(format="DD MMM, HH:mm:ss"),
                "Requests": st.column_config.NumberColumn(format="localized", help="Sent to GitHub"),
                "GitHub points": st.column_config.NumberColumn(format="localized", help="Of GitHub's hourly budget"),
                "Points left": st.column_config.NumberColumn(format="localized", help="When the run last asked"),
                "By rules": st.column_config.NumberColumn(format="localized", help="Pull requests that need no model"),
                "By model": st.column_config.NumberColumn(format="localized", help="Pull requests that it answered"),
                "Not read": st.column_config.NumberColumn(
                    format="localized", help="Failed, and tried again by the next runs, or refused by the model"
                ),
                "Left": st.column_config.NumberColumn(format="localized", help="For the next run"),
                "Model calls": st.column_config.NumberColumn(format="localized"),
                "Tokens": st.column_config.NumberColumn(format="localized"),
                "Cost": st.column_config.NumberColumn(format="$%.4f", help="At list price, where it is known"),
                "Prefect": st.column_config.LinkColumn(display_text="open"),
            },
            placeholder=format.MISSING,
            alt="Flow runs of this team",
        )


def _prefect_states(page: Context) -> dict[str, runs.FlowRun]:
    try:
        return {run.run_id: run for run in runs.recent_runs(page.team_id)}
    except runs.PrefectUnavailable as error:
        st.caption(f":material/cloud_off: {format.escape(str(error))} The states below are the warehouse's.")
        return {}


def _run_rows(rows: pl.DataFrame, states: dict[str, runs.FlowRun]) -> pl.DataFrame:
    found = []
    for row in rows.iter_rows(named=True):
        run = states.get(row["run_id"])
        found.append(
            {
                "Run": format.cell(run.name if run else row["flow"]),
                "State": [(run.state if run else row["state"] or "running").capitalize()],
                "Started": row["started_at"],
                "Took": _took(row["started_at"], row["ended_at"]),
                "Requests": row["github_requests"],
                "GitHub points": row["github_points"],
                "Points left": row["github_remaining"],
                "By rules": row["llm_by_rule"],
                "By model": row["llm_by_model"],
                "Not read": row["llm_failed"],
                "Left": row["llm_left"],
                "Model calls": row["llm_requests"],
                "Tokens": row["llm_tokens"],
                "Cost": row["llm_cost_usd"],
                "Ended early": format.cell(row["error"] or row["llm_stopped"]) or None,
                "Prefect": run.url if run else None,
            }
        )
    schema = {
        "Took": pl.String, "Requests": pl.Int64, "GitHub points": pl.Int64, "Points left": pl.Int64,
        "By rules": pl.Int64, "By model": pl.Int64, "Not read": pl.Int64, "Left": pl.Int64,
        "Model calls": pl.Int64, "Tokens": pl.Int64,
        "Cost": pl.Float64, "Ended early": pl.String, "Prefect": pl.String,
    }  # fmt: skip
    return pl.DataFrame(found, schema_overrides=schema)


def _took(started: Any, ended: Any) -> str | None:
    return None if started is None or ended is None else format.seconds((ended - started) / timedelta(seconds=1))
