"""The stage that fetches pull requests: the Prefect edge of `tasks/github`."""

import asyncio
import logging
import time
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import duckdb
import httpx
from prefect import get_run_logger, task
from prefect.artifacts import acreate_markdown_artifact, acreate_progress_artifact, aupdate_progress_artifact
from prefect.blocks.system import Secret
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.exceptions import ObjectNotFound, PrefectException
from pydantic import SecretStr

from tasks.github.client import GitHub
from tasks.github.discovery import Discovery, discover_repositories
from tasks.github.errors import TokenRefused
from tasks.github.ingest import SyncSummary, Work, ingest
from tasks.settings import GitHubSettings
from warehouse.connection import Warehouse
from warehouse.progress import Run, note_waiting

PROGRESS_EVERY_SECONDS = 1.0


def is_machine_fault(_task: object, _run: object, state: State[Any]) -> bool:
    """True for faults that another try may not meet; GitHub's own were tried again by the client."""
    return isinstance(state.data, OSError | duckdb.Error)


@task(
    name="discover-repositories",
    retries=3,
    retry_delay_seconds=60,
    retry_jitter_factor=0.5,
    retry_condition_fn=is_machine_fault,
    cache_policy=NO_CACHE,
)
async def discover(team: str, repositories: list[str] | None = None) -> Discovery:
    """Read the owner `team` and its repositories (or only those named), and which of them are followed.

    ValueError naming GITHUB_TOKEN where there is no token; GitHubError where GitHub does not give them.
    """
    logger = get_run_logger()
    settings = await load_settings(team)
    with Warehouse() as warehouse:
        async with GitHub(settings, clock=wall_clock) as github:
            found = await discover_repositories(github, warehouse, team, repositories)
    logger.info(
        "%s: %d repositories found, %d followed; %d archived and %d forks are left out unless named",
        found.login,
        found.repositories_count,
        found.followed_count,
        found.archived_count,
        found.forks_count,
    )
    return found


@task(
    name="sync-window",
    retries=3,
    retry_delay_seconds=60,
    retry_jitter_factor=0.5,
    retry_condition_fn=is_machine_fault,
    cache_policy=NO_CACHE,
)
async def sync_window(run: Run, is_refetch: bool = False) -> SyncSummary:
    """Bring the window of `run` into the warehouse for every followed repository of its team.

    Resumes where an earlier run of the window stopped. `is_refetch`: an incremental run also fetches what may
    have changed without a new updatedAt. GitHubError where nothing could be fetched, or where the token or
    the network ends it; a repository that fails alone is in the summary's `problems`.
    """
    report = _Report(run, get_run_logger())
    settings = await load_settings(run.team_id)
    with Warehouse() as warehouse:

        async def show_wait(until: datetime | None) -> None:
            report.wait(until)
            await asyncio.to_thread(note_waiting, warehouse, run, until, "github" if until else None, wall_clock())

        async with GitHub(settings, clock=wall_clock, on_wait=show_wait) as github:
            summary = await ingest(
                github,
                warehouse,
                run,
                clock=wall_clock,
                run_batch=_run_batch,
                on_progress=report.show,
                is_refetch=is_refetch,
            )
    await report.finish(summary)
    return summary


@task(name="fetch-batch", task_run_name="{label}", cache_policy=NO_CACHE, persist_result=False)
async def _fetch_batch(label: str, work: Work) -> None:
    """One batch: fetched, parsed and committed."""
    await work()


async def _run_batch(label: str, work: Work) -> None:
    await _fetch_batch(label, work)


def wall_clock() -> datetime:
    """The machine's time, in UTC: what GitHub's limits are waited by."""
    return datetime.fromtimestamp(time.time(), UTC)


async def load_settings(team: str) -> GitHubSettings:
    """The settings with the team's own token where Prefect keeps one, encrypted, in a Secret block.

    The block is named `github-token-<team>`. Without one the token is GITHUB_TOKEN's.
    """
    settings = GitHubSettings()
    token = await _load_token(block_name(team))
    return settings if token is None else settings.model_copy(update={"token": SecretStr(token)})


async def _load_token(name: str) -> str | None:
    """The block's token; None where there is no such block, TokenRefused where it cannot be read or is empty."""
    fault: str
    try:
        block = cast(Secret[str], await Secret.aload(name))
    except ValueError as error:
        if isinstance(error.__cause__, ObjectNotFound):
            return None
        fault = "cannot be decrypted"
    except (PrefectException, httpx.HTTPError):
        fault = "cannot be read from Prefect"
    else:
        token = str(block.get()).strip()
        if token:
            return token
        fault = "is empty"
    raise TokenRefused(f"The token in the Prefect block secret/{name} {fault}: save it again or delete the block")


def block_name(team: str) -> str:
    """Name of the Secret block that holds a team's own token."""
    return f"github-token-{slug(team)}"


def slug(text: str) -> str:
    """As artifact keys and block names allow it: lower case, digits, dashes."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text.lower()).strip("-")


class _Report:
    """Shows in Prefect's own pages what the warehouse already holds. Where that fails, the run goes on."""

    def __init__(self, run: Run, logger: "logging.Logger | logging.LoggerAdapter[Any]") -> None:
        self._key = f"team-{slug(run.team_id)}-sync-{run.phase}"
        self._logger = logger
        self._artifact: UUID | None = None
        self._shown_at = float("-inf")

    def wait(self, until: datetime | None) -> None:
        if until is not None:
            self._logger.info("waiting for GitHub's rate limit until %s UTC", f"{until:%H:%M:%S}")

    async def show(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._shown_at >= PROGRESS_EVERY_SECONDS:
            self._shown_at = now
            await self._draw(done, total)

    async def finish(self, summary: SyncSummary) -> None:
        for name, problem in summary.problems.items():
            self._logger.warning("%s: %s", name, problem)
        self._logger.info(
            "%d of %d pull requests of %d repositories fetched with %d requests and %d points",
            summary.prs_done,
            summary.prs_total,
            summary.repositories_count,
            summary.requests,
            summary.points,
        )
        await self._draw(summary.prs_done, summary.prs_total)
        await self._attempt(
            acreate_markdown_artifact(draw_summary(summary), key=f"{self._key}-summary", description="What was fetched")
        )

    async def _draw(self, done: int, total: int) -> None:
        share = 100.0 * done / total if total else 100.0
        words = f"{done:,} of {total:,} pull requests fetched."
        if self._artifact is None:
            await self._attempt(self._create(share, words))
        else:
            await self._attempt(aupdate_progress_artifact(self._artifact, share, description=words))

    async def _create(self, share: float, words: str) -> None:
        self._artifact = await acreate_progress_artifact(share, key=self._key, description=words)

    async def _attempt(self, write: Awaitable[object]) -> None:
        try:
            await write
        except (PrefectException, httpx.HTTPError, OSError) as error:
            self._logger.debug("Prefect did not take an artifact: %s", type(error).__name__)


def draw_summary(summary: SyncSummary) -> str:
    """The sync as a table in Markdown: numbers and our own names only, none of what people wrote."""
    rows = {
        "Pull requests in the window": f"{summary.prs_total:,}",
        "Fetched": f"{summary.prs_done:,}",
        "Failed": f"{summary.prs_failed:,}",
        "Repositories": f"{summary.repositories_count:,}",
        "Repositories with a problem": f"{len(summary.problems):,}",
        "Requests": f"{summary.requests:,}",
        "Points": f"{summary.points:,}",
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])
