"""What is taken away in mid-run, and for how long."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.outages.github import TOKENS
from benchmarks.outages.office import Lake, Office, wait

ONE, BOTH = tuple(TOKENS)[:1], tuple(TOKENS)
# A run is taken by a worker within ten seconds, and its process takes as long to start on a busy machine.
START_SECONDS = 240.0
# How long a run takes to be marked after it was killed, and to be taken up again (prefect.yaml).
DEAD_SECONDS = 600.0


@dataclass(frozen=True)
class Scene:
    """A story that is being played: what it may take away, and the run of the first team."""

    office: Office
    lake: Lake
    run_id: str
    away_seconds: float

    def find_helper(self) -> str:
        """Return the worker that has the process of a helper of the run; empty if none has."""
        name = f"part/{next(iter(TOKENS))}"
        body = {"flow_runs": {"name": {"any_": [name]}, "state": {"type": {"any_": ["RUNNING"]}}}}
        found = self.office.server.ask("POST", "/flow_runs/filter", body)
        helping = [each["id"] for each in found if each["parameters"].get("run_id") == self.run_id]
        return self.office.find_worker(self.lake, helping[0]) if helping else ""

    def leave_alone(self) -> float:
        return 0.0

    def take_server_away(self) -> float:
        self.office.server.end()
        time.sleep(self.away_seconds * 3)
        self.office.server.start()
        return self.away_seconds * 3

    def kill_leader(self) -> float:
        self.office.kill_worker(self.lake, self.office.find_worker(self.lake, self.run_id))
        return 0.0

    def kill_helper(self) -> float:
        wait(self.find_helper, START_SECONDS, "a helper is at work")
        self.office.kill_worker(self.lake, self.find_helper())
        return 0.0

    def take_postgres_away(self) -> float:
        self.office.database.stop()
        time.sleep(self.away_seconds)
        self.office.database.start()
        return self.away_seconds

    def take_s3_away(self) -> float:
        self.office.store.is_away = True
        time.sleep(self.away_seconds)
        self.office.store.is_away = False
        return self.away_seconds


@dataclass(frozen=True)
class Story:
    """What happens to the import of one or two teams, by so many workers and processes a team."""

    name: str
    words: str
    teams: tuple[str, ...]
    disturb: Callable[[Scene], float] = Scene.leave_alone
    workers: int = 2
    parts: int = 2


STORIES = (
    Story("two-teams", "two teams at once, two workers", BOTH, parts=1),
    Story("one-team", "one team over two workers", ONE),
    Story("server", "Prefect's server ended, and started again", BOTH, Scene.take_server_away, parts=1),
    Story("leader", "the worker killed that leads a team's run, with the run", ONE, Scene.kill_leader),
    Story("helper", "the worker killed that helps with it, with its run", ONE, Scene.kill_helper),
    Story("postgres", "PostgreSQL stopped, Prefect's database in it", ONE, Scene.take_postgres_away),
    Story("s3", "S3 gives no response", ONE, Scene.take_s3_away),
)
QUIET = Story("quiet", "undisturbed, one worker, SQLite", BOTH, workers=1, parts=1)
ALONE = Story("alone", "one team, one worker", ONE, workers=1, parts=1)
