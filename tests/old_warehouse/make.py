"""Make the warehouse of an earlier version: run by that version's own Python, with its simulator and its ingestion.

git worktree add /tmp/earlier de114f2 && cd /tmp/earlier && make .venv/ready
.venv/bin/python THIS_CHECKOUT/tests/old_warehouse/make.py THIS_CHECKOUT/tests/old_warehouse/de114f2.zip
"""

import asyncio
import shutil
import sys
import tempfile
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from types import ModuleType

PLACES = {"records": "tasks.github.simulator.records", "world": "tasks.github.simulator.organisation"}
"""Where the earlier version had the modules of `simulators.github.store` that `world.py` imports."""


def import_world() -> ModuleType:
    """Import `world.py` on top of the earlier version's simulator."""
    for name in ("simulators", "simulators.github", "simulators.github.store"):
        sys.modules[name] = ModuleType(name)
    for name, place in PLACES.items():
        sys.modules[f"simulators.github.store.{name}"] = import_module(place)
        setattr(sys.modules["simulators.github.store"], name, import_module(place))
    sys.path.insert(0, str(Path(__file__).parent))
    return import_module("world")


def make(home: Path) -> None:
    """Sync the organisation twice into a warehouse, a day apart, with a person's decision on an account."""
    world, stage_module = import_world(), import_module("benchmarks.stage")
    acme = world.make_organisation()
    with stage_module.staged(acme) as stage, stage_module.open_warehouse(home) as warehouse:
        import_module("warehouse.migrations").upgrade(warehouse)
        stage.clock.at = world.AS_OF - timedelta(days=1)
        sync(stage, warehouse, world.TEAM, 1, 90)
        accounts = import_module("warehouse.accounts")
        accounts.decide(warehouse, world.TEAM, ["bob"], accounts.Verdict.BOT, stage.clock())
        world.go_on_before_second_sync(acme)
        stage.clock.at = world.AS_OF - timedelta(hours=10)
        sync(stage, warehouse, world.TEAM, 3, 90)
        import_module("warehouse.upkeep").tidy(warehouse, stage.clock() + timedelta(days=9), timedelta(0))


def sync(stage: ModuleType, warehouse: ModuleType, team: str, phase: int, days: int) -> None:
    """Read the owner, its members, the pull requests of `days` and the deliveries, and measure."""
    progress, now = import_module("warehouse.progress"), stage.clock()
    run = progress.Run(
        f"run-{phase}", team, "onboarding" if phase == 1 else "refresh", phase, now, now - timedelta(days)
    )

    async def go() -> None:
        async with stage.github() as github:
            await import_module("tasks.github.discovery").discover_repositories(github, warehouse, team)
            await import_module("tasks.github.members").sync_members(github, warehouse, team, now)
            progress.start_run(warehouse, run, now)
            await import_module("tasks.github.ingest").ingest(github, warehouse, run, clock=stage.clock)
            await import_module("tasks.github.delivery_sync").sync_deliveries(github, warehouse, run, now)

    asyncio.run(go())
    import_module("tasks.measure").write_metrics(warehouse, run, now)
    progress.finish_run(warehouse, run, progress.Status.COMPLETE, "completed", now)


def main() -> None:
    """Write the home of the earlier version's warehouse to the file that is named."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "home")
        shutil.make_archive(str(Path(sys.argv[1]).with_suffix("")), "zip", Path(folder) / "home")


if __name__ == "__main__":
    main()
