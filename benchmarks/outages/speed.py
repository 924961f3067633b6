"""One team fetched by one worker, and by two: how long fetching takes, in one office."""

from benchmarks.outages.office import Office, wait
from benchmarks.outages.stories import ALONE, ONE, Story

COLUMNS = ("workers", "seconds of fetching", "speed-up")
TWO = Story("two", "one team, two workers", ONE)
MAX_SECONDS = 1500.0


def measure(office: Office) -> list[tuple[str, ...]]:
    """Return the rows of the table: the seconds of both phases' `sync-window`, as Prefect measured them."""
    alone, two = (fetch_seconds(office, story) for story in (ALONE, TWO))
    return [("1", f"{alone:.0f} s", "1.00"), ("2", f"{two:.0f} s", f"{alone / two:.2f}")]


def fetch_seconds(office: Office, story: Story) -> float:
    [team] = story.teams
    with office.lake(f"speed-{story.name}", PRFLOW_SYNC_PARTS=str(story.parts)) as lake:
        office.start_workers(lake, story.workers)
        began = office.queue(team)
        wait(lambda: lake.is_complete(team), MAX_SECONDS, f"{team} is complete")
        run_ids = [began, office.server.find_run(f"background/{team}") or ""]
    body = {"flow_runs": {"id": {"any_": run_ids}}, "task_runs": {"name": {"like_": "sync-window"}}}
    return sum(float(each["total_run_time"]) for each in office.server.ask("POST", "/task_runs/filter", body))
