"""Log lines as JSON, one object a line: for whoever collects the logs of several machines.

Prefect's own logging configuration takes the formatter by two variables (`JSON_LOGS` in flows/services/environment.py),
which `prflow up --log-json` and PRFLOW_LOG_JSON=true set for all that prflow starts.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Literal

from prefect.context import FlowRunContext, TaskRunContext

OWNER = "(?=[0-9-]*[A-Za-z])[A-Za-z0-9][A-Za-z0-9-]*"
REPOSITORY = re.compile(rf"(?<![\w./-])({OWNER}/[A-Za-z0-9._-]*[A-Za-z0-9_-])(?![\w/])")
"""`owner/name` within the name of a task run, of a message or of a parameter."""


class JsonLines(logging.Formatter):
    """Write time (UTC), level, logger and message, and of a run: its name and id, flow, task, team and repository."""

    def __init__(
        self, fmt: str | None = None, datefmt: str | None = None, style: Literal["%"] = "%", validate: bool = True
    ) -> None:
        super().__init__(None, datefmt, style, validate)  # `fmt` says nothing about JSON

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_of_run(record),
        }
        if record.exc_info or record.exc_text:
            record.exc_text = record.exc_text or self.formatException(record.exc_info or (None, None, None))
            line["error"] = record.exc_text
        return json.dumps(line, ensure_ascii=False, default=str)


def _of_run(record: logging.LogRecord) -> dict[str, object]:
    """Return what is known of the run that logs; nothing outside of one."""
    found = {
        "run": getattr(record, "flow_run_name", None),
        "run_id": getattr(record, "flow_run_id", None),
        "flow": getattr(record, "flow_name", None),
        "task": getattr(record, "task_run_name", None),
    }
    context = FlowRunContext.get()
    parameters = dict(context.parameters or {}) if context else {}
    if context and context.flow_run:
        found["run"], found["run_id"] = context.flow_run.name, str(context.flow_run.id)
        found["flow"] = context.flow.name if context.flow else found["flow"]
    task = TaskRunContext.get()
    if task and task.task_run:
        found["task"] = task.task_run.name
    found["team"] = parameters.get("team") or _team_of(found["run"])
    found["repository"] = parameters.get("repository") or _repositories(found["task"], record.getMessage(), found)
    return {name: value for name, value in found.items() if value and value != "<unknown>"}


def _team_of(run: object) -> str | None:
    """Return the team in the name of a run, `refresh/acme`; None for one named by its date."""
    flow, _, team = str(run or "").partition("/")
    return team if flow and team and not team[:4].isdigit() else None


def _repositories(task: object, message: str, found: dict[str, object]) -> str | None:
    """Return the repositories that a task's name says, else the message, with commas between them."""
    own = {str(found["run"]), str(found["task"])}
    for text in (str(task or "").removeprefix("fetch-batch/"), message):
        if names := [name for name in REPOSITORY.findall(text) if name not in own]:
            return ", ".join(dict.fromkeys(names))
    return None
