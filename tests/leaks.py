"""Everything that prflow leaves behind, as text in which a planted secret can be looked for."""

import gzip
import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import polars as pl

LIMIT = 200
# Runs, states, events and logs that concern the newest flow runs; all of what is kept once.
KEPT_ONCE = ("block_documents", "variables", "deployments", "work_pools", "automations", "concurrency_limits")

ENDS = ("prefect.flow-run.Completed", "prefect.flow-run.Failed", "prefect.flow-run.Crashed")


def in_files(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the path of each file with its content: as it is, and decoded if it is Parquet, SQLite or compressed."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            yield str(path), content.decode("latin-1") + _decoded(path, content)


def _decoded(path: Path, content: bytes) -> str:
    if path.suffix == ".parquet":
        return _frame(pl.read_parquet(path))
    if content.startswith(b"SQLite format 3\0"):
        return _sqlite(path)
    return _unpacked(content)


def _frame(frame: pl.DataFrame) -> str:
    return "\n".join(_text(value) for column in frame.iter_columns() for value in column.to_list())


def _sqlite(path: Path) -> str:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as opened:
        names = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = (row for name in names for row in opened.execute(f'SELECT * FROM "{name}"'))
        return "\n".join(_text(value) for row in rows for value in row)


def _text(value: Any) -> str:
    return _unpacked(value) if isinstance(value, bytes) else str(value)


def _unpacked(content: bytes) -> str:
    """Return the bytes as text, decompressed if they are compressed."""
    for unpack in (gzip.decompress, zlib.decompress):
        with suppress(OSError, EOFError, zlib.error):
            return unpack(content).decode("latin-1")
    return content.decode("latin-1")


def in_prefect(address: str, auth: tuple[str, str], since: datetime) -> Iterator[tuple[str, str]]:
    """Yield what Prefect's API tells of the runs since then, by its path: events and every state among it."""
    with httpx.Client(base_url=address, auth=auth, timeout=60) as client:
        for kind in KEPT_ONCE:
            yield kind, _post(client, kind, {}).text
        yield "admin/settings", client.get("/admin/settings").raise_for_status().text
        yield "artifacts", _post(client, "artifacts", {"sort": "CREATED_DESC"}).text
        newest = {"sort": "START_TIME_DESC", "flow_runs": {"start_time": {"after_": since.isoformat()}}}
        runs = _post(client, "flow_runs", newest)
        ended = [run["id"] for run in runs.json() if run["state_type"] in ("COMPLETED", "FAILED", "CRASHED")]
        yield "flow_runs", runs.text
        yield "events", _events_of(client, since, ended)
        for run in ended:
            yield from _of_run(client, run)


def _of_run(client: httpx.Client, run: str) -> Iterator[tuple[str, str]]:
    yield "flow_run_states", client.get("/flow_run_states/", params={"flow_run_id": run}).raise_for_status().text
    yield "logs", "".join(_logs(client, run))
    tasks = _post(client, "task_runs", {"flow_runs": {"id": {"any_": [run]}}})
    yield "task_runs", tasks.text
    for task in tasks.json():
        states = client.get("/task_run_states/", params={"task_run_id": task["id"]})
        yield "task_run_states", states.raise_for_status().text


def _logs(client: httpx.Client, run: str) -> Iterator[str]:
    offset = 0
    while rows := _post(client, "logs", {"logs": {"flow_run_id": {"any_": [run]}}, "offset": offset}).json():
        yield str(rows)
        offset += len(rows)


def _events_of(client: httpx.Client, since: datetime, runs: list[str]) -> str:
    """Return all events once those of the end of each run have arrived: the server keeps them a little later."""
    deadline = time.monotonic() + 60
    while True:
        found = "".join(_events(client, since))
        ends = {run for run in runs for end in ENDS if f'"prefect.flow-run.{run}"' in found and end in found}
        if ends == set(runs):
            return found
        assert time.monotonic() < deadline, "the events of the runs do not arrive"
        time.sleep(0.2)


def _events(client: httpx.Client, since: datetime) -> Iterator[str]:
    page = client.post("/events/filter", json={"filter": {"occurred": {"since": since.isoformat()}}, "limit": 50})
    while True:
        yield page.raise_for_status().text
        if not (following := page.json()["next_page"]):
            return
        page = client.get(following)


def _post(client: httpx.Client, kind: str, body: dict[str, object]) -> httpx.Response:
    return client.post(f"/{kind}/filter", json=body).raise_for_status()
