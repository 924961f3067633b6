"""Read recorded pull requests, one JSON object a line, as input of the rules and the prompt.

There are two forms, recognised by their fields: agents' pull requests with the name of the agent (`agent`, `title`,
`body`, `commits`), and records of GitHub's REST API (`pull`, `events`).
"""

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tasks.github.pull_requests.messages import parse_headline, parse_trailers
from tasks.llm.rules.pull_request import Commit, PullRequest, Reviewer
from tasks.llm.rules.title_words import CONVENTIONAL_TYPES

Json = dict[str, Any]

BY_MODEL = "a language model's label"
BY_MAINTAINERS = "maintainers' label"

# Labels of repositories by work type.
_LABELS = {
    "bugfix": "bug",
    "feature": "feature enhancement",
    "docs": "documentation user-documentation",
    "refactor": "tweak/refactor refactor refactoring",
    "performance": "performance",
    "test": "assurance tests test",
    "build_ci": "build ci",
    "security": "side-channel security",
    "dependency": "dependencies",
    "chore": "release meta/development",
}
WORK_TYPES_BY_LABEL = {label: work_type for work_type, labels in _LABELS.items() for label in labels.split()}


class UnknownData(Exception):
    """A file cannot be read as recorded pull requests; the message says which and why."""


@dataclass(frozen=True)
class Recorded:
    """One pull request with its reference.

    `agent` is the AI agent that opened it, None if unknown. `work_type` is a reference given by `labelled_by`; both
    are None if there is none. Labels are left out of `pull_request`, since they would reveal the reference.
    """

    pull_request: PullRequest
    source: str
    agent: str | None = None
    work_type: str | None = None
    labelled_by: str | None = None


def read_recorded(paths: Iterable[Path]) -> list[Recorded]:
    """Read all pull requests of the files, in order; UnknownData if a file has another format."""
    return [recorded for path in paths for recorded in _read_file(path)]


def _read_file(path: Path) -> Iterator[Recorded]:
    source = path.name.removesuffix(".gz").removesuffix(".jsonl")
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield _parse(json.loads(line), source)
    except (OSError, EOFError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UnknownData(f"{path} cannot be read as gzip of one JSON object a line: {error}") from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UnknownData(f"{path} holds no pull requests in a known form: {error!r}") from None


def _parse(line: Json, source: str) -> Recorded:
    return _parse_rest(line, source) if "pull" in line else _parse_agents(line, source)


def _parse_agents(line: Json, source: str) -> Recorded:
    work_type = CONVENTIONAL_TYPES.get(line.get("gpt_category") or "")
    pull_request = PullRequest(
        id=str(line["id"]),
        number=int(line["number"]),
        title=line["title"] or "",
        body=line["body"] or "",
        author_login=line["user"] or "",
        author_kind="",
        created_at=datetime.fromisoformat(line["created_at"]),
        commits=tuple(_commit(made["message"], made["author"], None) for made in line["commits"]),
    )
    return Recorded(pull_request, source, line["agent"], work_type, BY_MODEL if work_type else None)


def _parse_rest(line: Json, source: str) -> Recorded:
    pull, events = line["pull"], line["events"]
    author = pull.get("user") or {}
    made = [event for event in events if event["event"] == "committed"]
    spoke = [event["user"] for event in events if event["event"] in {"reviewed", "commented"} and event.get("user")]
    pull_request = PullRequest(
        id=pull["node_id"],
        number=pull["number"],
        title=pull["title"],
        body=pull.get("body") or "",
        author_login=author.get("login", ""),
        author_kind=author.get("type", ""),
        head_ref=pull["head"]["ref"],
        additions=pull["additions"],
        deletions=pull["deletions"],
        created_at=datetime.fromisoformat(pull["created_at"]),
        commits=tuple(_commit(event["message"], None, event["author"]["name"]) for event in made),
        reviewers=tuple(dict.fromkeys(Reviewer(user["login"], user["type"]) for user in spoke)),
    )
    work_type = _labelled(pull.get("labels", ()))
    return Recorded(pull_request, source, None, work_type, BY_MAINTAINERS if work_type else None)


def _labelled(labels: Iterable[Json]) -> str | None:
    """Return the work type that the labels name, None if they name none or several."""
    named = {
        WORK_TYPES_BY_LABEL[label["name"].lower()] for label in labels if label["name"].lower() in WORK_TYPES_BY_LABEL
    }
    return named.pop() if len(named) == 1 else None


def _commit(message: str | None, login: str | None, name: str | None) -> Commit:
    message = message or ""
    return Commit(parse_headline(message), login, name, tuple(parse_trailers(message)))
