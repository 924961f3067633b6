"""Process that tests start and kill: one run over the team in HOME.

python analysis_process.py HOME URL RUN_ID
"""

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.analysis import analyse_pending
from tasks.llm.run.tally import Tally
from warehouse.connection import Warehouse
from warehouse.progress import Run, start_run
from warehouse.settings import WarehouseSettings
from warehouse.windows import Phase, Window


async def ignore(_tally: Tally) -> None:
    """Nobody watches."""


def main() -> None:
    home, url, run_id = sys.argv[1:]
    settings = LlmSettings(
        _env_file=None, api_key=SecretStr("key"), base_url=url, model="some-model", rpm=1_200, guard_seconds=0.0
    )
    now = datetime.now(UTC)
    run = Run(
        run_id=run_id,
        team_id="acme",
        flow="onboarding",
        phase=Phase.RECENT,
        as_of=now,
        window=Window(now - timedelta(days=30)),
    )
    with Warehouse(WarehouseSettings(home=Path(home), warehouse_catalog="", warehouse_data="")) as warehouse:
        start_run(warehouse, run, now)
        asyncio.run(
            analyse_pending(
                warehouse, run, settings, Path(home), clock=time.time, sleep=asyncio.sleep, on_progress=ignore
            )
        )


if __name__ == "__main__":
    main()
