"""The stage that puts the last weeks into words: the Prefect edge of `tasks/llm/run/week.py`."""

import asyncio

from prefect import get_run_logger, task

from tasks.clock import seconds
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.week import WeekWriter, WordedWeeks
from warehouse.connection import Warehouse
from warehouse.progress import Run


@task(name="word-weeks", task_run_name="word-weeks/{run.team_id}")
async def word_weeks(run: Run) -> WordedWeeks:
    """Ask the model for the words of the last complete weeks of the run's team, and keep the sentences that hold."""
    with Warehouse() as warehouse:
        writer = WeekWriter(
            warehouse, run.team_id, LlmSettings(), clock=seconds, sleep=asyncio.sleep, run_id=run.run_id
        )
        done = await writer.write()
    said = f" {done.stopped_because}" if done.stopped_because else ""
    get_run_logger().info(
        "%s: %d weeks in words, %d sentences kept, %d dropped.%s",
        run.team_id,
        done.weeks,
        done.kept,
        done.dropped,
        said,
    )
    return done
