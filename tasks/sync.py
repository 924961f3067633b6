"""The stage that fetches pull requests: the Prefect edge of `tasks/github`."""

import asyncio
from datetime import datetime
from functools import partial

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from tasks.access import check_before_sync, open_github, save_access, store_access
from tasks.clock import wall_clock
from tasks.github.access.check import check_at_start
from tasks.github.api.errors import NotFound
from tasks.github.deliveries.sync import DeliverySummary, sync_deliveries
from tasks.github.ingestion.ingest import ingest
from tasks.github.ingestion.parts.taking import Taker
from tasks.github.ingestion.scope import Scope, Work
from tasks.github.ingestion.summary import SyncSummary
from tasks.github.organisation.discovery import Discovery, discover_repositories
from tasks.github.organisation.follow import follow_owner
from tasks.github.organisation.members import MembersSummary, sync_members
from tasks.github.organisation.owner import fetch_owner
from tasks.names import slug
from tasks.parts import stop_if_ended, sync_alone, sync_in_parts
from tasks.report import Report, draw_table
from tasks.retries import RETRIES
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.lists.short_lists import read_short_lists
from warehouse.lists.shortfall import OWNERS_LISTS
from warehouse.progress import Run, note_spent, note_waiting, read_running
from warehouse.sources import GITHUB


@task(name="look-up-owner", task_run_name="look-up-owner/{team}", cache_policy=NO_CACHE)
async def look_up_owner(team: str) -> None:
    """Raise NotFound if GitHub knows no organisation or user of this name.

    Whatever else is wrong, the run meets it again and records it.
    """
    try:
        async with open_github(team) as (github, _):
            await fetch_owner(github, team)
    except NotFound:
        raise
    except PrflowError as error:
        get_run_logger().warning("%s could not be looked up first: %s", team, error)


@task(name="discover-repositories", task_run_name="discover-repositories/{team}", **RETRIES, cache_policy=NO_CACHE)
async def discover(team: str, repositories: list[str] | None = None, *, is_typed: bool = False) -> Discovery:
    """Read the owner `team` and its repositories (or only those named), and which of them are followed.

    If the owner was renamed, its team follows: the rest of the run is for the `team_id` of the result. With `is_typed`
    a person means who has the login `team` today. The tokens are checked first. Raises NotConfigured if there is none,
    GitHubError if GitHub does not accept them or does not return the repositories.
    """
    logger = get_run_logger()
    with Warehouse() as warehouse:

        async def save_on_wait(until: datetime | None) -> None:
            if until is not None:
                await asyncio.to_thread(save_access, github, warehouse, team)

        async with open_github(team, save_on_wait) as (github, rest):
            await check_before_sync(github, rest, warehouse, team, logger)
            discovery = await discover_repositories(github, warehouse, team, repositories, is_typed=is_typed)
            if discovery.is_organisation:
                _log_members(await sync_members(github, warehouse, discovery.login, wall_clock()), discovery.login)
    if discovery.problem is not None:
        logger.warning("%s: GitHub's list of repositories ended early: %s", discovery.login, discovery.problem)
    logger.info(
        "%s: %d repositories found, %d followed; %d archived and %d forks are left out unless named",
        discovery.login,
        discovery.repositories_count,
        discovery.followed_count,
        discovery.archived_count,
        discovery.forks_count,
    )
    return discovery


@task(name="follow-owner", **RETRIES, cache_policy=NO_CACHE)
async def follow_team(team: str) -> str:
    """Return the team's id, after it followed an owner that was renamed. One request.

    Raises NotConfigured without a token, GitHubError if GitHub does not respond or no longer has the owner.
    """
    with Warehouse() as warehouse:
        async with open_github(team) as (github, _):
            owner = await follow_owner(github, warehouse, team)
    if owner.team_id != team.lower():
        get_run_logger().info("%s is called %s now", team, owner.login)
    return owner.team_id


def is_discovery_due(run: Run) -> bool:
    """Return whether a list of the owner ended early when it was last read: then it is read again before its time."""
    with Warehouse() as warehouse:
        return read_short_lists(warehouse, run.team_id).is_any_due(OWNERS_LISTS)


def _log_members(summary: MembersSummary, login: str) -> None:
    if summary.error is not None:
        get_run_logger().warning("%s: members and teams could not be read completely. %s", login, summary.error)
    else:
        get_run_logger().info("%s: %d members, %d teams", login, summary.members_count, summary.teams_count)


@task(name="sync-window", task_run_name="sync-window/{run.team_id}", **RETRIES, cache_policy=NO_CACHE)
async def sync_window(run: Run, repository_ids: list[str] | None = None, is_refetch: bool = False) -> SyncSummary:
    """Bring the window of `run` into the warehouse, for all followed repositories of its team or only for some.

    Continues from where an earlier run of the window stopped. With PRFLOW_SYNC_PARTS other workers help, and this ends
    once all parts are done. With `is_refetch` an incremental run also fetches what
    may have changed without a new updatedAt. Raises GitHubError if nothing could be fetched, or if the token or the
    network fails; a repository that fails alone is in the summary's `problems`.
    """
    report = _SyncReport(run)
    with Warehouse() as warehouse:

        async def show_wait(until: datetime | None) -> None:
            report.log_wait(until)
            if until is not None:
                await asyncio.to_thread(save_access, github, warehouse, run.team_id)
            await asyncio.to_thread(note_waiting, warehouse, run, until, GITHUB if until else None, wall_clock())

        async with open_github(run.team_id, show_wait) as (github, rest):
            await check_before_sync(github, rest, warehouse, run.team_id, report.logger)
            with store_access(github, warehouse, run.team_id, report.logger):
                if repository_ids is None and github.settings.sync_parts > 1:
                    taker = Taker(github, warehouse, run, warehouse.settings.home, ingest)
                    done = await sync_in_parts(taker, is_refetch, report.logger, report.show)
                else:
                    done = await sync_alone(warehouse, run)
                summary = await ingest(
                    github,
                    warehouse,
                    run,
                    run_batch=_run_batch,
                    on_progress=report.show,
                    scope=Scope(repository_ids, is_refetch, done_in_parts=done),
                )
                before = (github.requests, github.points_spent)
                delivered = await sync_deliveries(github, warehouse, run, wall_clock(), repository_ids)
                spent = (github.requests - before[0], github.points_spent - before[1])
                await asyncio.to_thread(note_spent, warehouse, run, *spent, wall_clock())
    report.log_deliveries(delivered)
    await report.finish(summary)
    return summary


@task(name="take-parts", task_run_name="take-parts/{team}", **RETRIES, cache_policy=NO_CACHE)
async def take_parts(team: str, run_id: str) -> int:
    """Take parts of the sync that the run `run_id` leads, until none is free; return how many were done.

    Nothing is to be done if that run has ended meanwhile. Raises GitHubError if the token or the network fails: others
    then take the parts.
    """
    logger = get_run_logger()

    async def log_wait(until: datetime | None) -> None:
        if until is not None:
            logger.info("%s: waiting for GitHub's rate limit until %s UTC", team, f"{until:%H:%M:%S}")

    with Warehouse() as warehouse:
        stored = await asyncio.to_thread(read_running, warehouse, run_id)
        if stored is None:
            logger.info("The run that asked for help with %s has ended: nothing is to be done.", team)
            return 0
        async with open_github(stored.run.team_id, log_wait) as (github, rest):
            for warning in await check_at_start(github, rest):
                logger.warning("%s: %s", team, warning)
            with Taker(github, warehouse, stored.run, warehouse.settings.home, ingest) as taker:
                taker.on_renew = partial(stop_if_ended, taker)
                await taker.take_all()
    logger.info("%s: %d parts taken", team, taker.taken)
    return taker.taken


@task(name="fetch-batch", task_run_name="{label}", cache_policy=NO_CACHE, persist_result=False)
async def _fetch_batch(label: str, work: Work) -> None:
    """Fetch, parse and commit one batch."""
    await work()


async def _run_batch(label: str, work: Work) -> None:
    await _fetch_batch(label, work)


class _SyncReport:
    """What a person sees of a sync while it runs."""

    def __init__(self, run: Run) -> None:
        self.logger = get_run_logger()
        self._team_id = run.team_id
        self._report = Report(f"team-{slug(run.team_id)}-sync-{run.phase}", self.logger)

    def log_wait(self, until: datetime | None) -> None:
        if until is not None:
            self.logger.info("%s: waiting for GitHub's rate limit until %s UTC", self._team_id, f"{until:%H:%M:%S}")

    async def show(self, done: int, total: int) -> None:
        await self._report.show_progress(done, total, _describe(done, total))

    def log_deliveries(self, summary: DeliverySummary) -> None:
        """Log what was read of releases and deployments; problems with them are warnings and nothing more."""
        for name, problem in summary.problems.items():
            self.logger.warning("releases and deployments of %s: %s", name, problem)
        if summary.error is not None:
            self.logger.warning("%s: releases and deployments could not be read: %s", self._team_id, summary.error)
        self.logger.info(
            "%s: %d releases and %d deployments of %d repositories read",
            self._team_id,
            summary.releases_count,
            summary.deployments_count,
            summary.repositories_count,
        )

    async def finish(self, summary: SyncSummary) -> None:
        for name, problem in summary.problems.items():
            self.logger.warning("%s: %s", name, problem)
        self.logger.info(
            "%s: %d of %d pull requests of %d repositories fetched with %d requests and %d points",
            self._team_id,
            summary.prs_done,
            summary.prs_total,
            summary.repositories_count,
            summary.requests,
            summary.points,
        )
        done, total = summary.prs_done, summary.prs_total
        await self._report.show_progress(done, total, _describe(done, total), is_last=True)
        await self._report.show_summary(draw_summary(summary), "What was fetched")


def _describe(done: int, total: int) -> str:
    return f"{done:,} of {total:,} pull requests fetched."


def draw_summary(summary: SyncSummary) -> str:
    """Return the sync as a table in Markdown: numbers only, no text that people wrote."""
    rows = {
        "Pull requests in the window": f"{summary.prs_total:,}",
        "Fetched": f"{summary.prs_done:,}",
        "Failed": f"{summary.prs_failed:,}",
        "Repositories": f"{summary.repositories_count:,}",
        "Repositories with a problem": f"{len(summary.problems):,}",
        "Requests": f"{summary.requests:,}",
        "Points": f"{summary.points:,}",
    }
    return draw_table(rows)
