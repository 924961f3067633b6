"""Show the outcome of every faulty response, from our simulated model and from @copilotkit/aimock.

One pull request is analysed for each fault; either only the first response is faulty, or every one.
The clock is simulated, so that waits take no real time.
"""

import asyncio
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from benchmarks.aimock import AimockMissing, aimock
from benchmarks.options import add_markdown, make_parser
from simulators.llm.faults import Fault, FaultKind
from simulators.llm.server import LlmSimulator, serve
from tasks.llm.errors import AnalysisFailed, AnalysisPaused, LlmError, PullRequestFailed
from tasks.llm.prompt.prompt import make_prompt
from tasks.llm.provider.rate_limiter import open_rate_limiter
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.rules.pull_request import ChangedFile, PullRequest
from tasks.llm.run.model_client import ModelClient

# Long enough for a busy machine; only hanging responses take it.
TIMEOUT_SECONDS = 5.0
STATUSES = (408, 409, 413, 424, 425, 498, 500, 502, 503, 529)
SIMULATED = [
    *(Fault(FaultKind.STATUS, status=status) for status in STATUSES),
    Fault(FaultKind.STATUS, status=403),
    Fault(FaultKind.RATE_LIMITED, retry_after="7"),
    Fault(FaultKind.RATE_LIMITED, retry_after="3600"),
    *(
        Fault(kind, seconds=2 * TIMEOUT_SECONDS)
        for kind in FaultKind
        if kind not in {FaultKind.STATUS, FaultKind.RATE_LIMITED}
    ),
]
CODE = re.compile(r"failed: \w+")
AIMOCK = [
    "good",
    "fenced",
    "broken",
    "value",
    "field",
    "words",
    "truncated",
    "filtered",
    "empty",
    "malformed",
    "dropped",
    "slow",
    "limited",
    "long_wait",
    "key",
    "forbidden",
    "model",
    "credit",
    "too_long",
    "context",
    "validate",
    "format",
    "s408",
    "s409",
    "s425",
    "s498",
    "internal",
    "bad_gateway",
    "unavailable",
]


@dataclass(frozen=True)
class ResponseOutcome:
    """Result of one pull request, with the number of requests and the seconds waited in between."""

    result: str
    requests: int
    waited_seconds: float

    def __str__(self) -> str:
        waited = f", {self.waited_seconds:.0f} s waited" if self.waited_seconds >= 1 else ""
        return f"{self.result} ({self.requests} {'request' if self.requests == 1 else 'requests'}{waited})"


class SimulatedClock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1_760_000_000.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def analyse(url: str, title: str) -> ResponseOutcome:
    return asyncio.run(_analyse(url, title))


async def _analyse(url: str, title: str) -> ResponseOutcome:
    settings = LlmSettings(
        _env_file=None,
        api_key=SecretStr("benchmark"),
        base_url=url,
        model="some-model",
        provider="groq",
        rpm=60_000,
        guard_seconds=0.0,
        timeout_seconds=TIMEOUT_SECONDS,
    )
    clock = SimulatedClock()
    body = "The importer stopped at the first empty line, which some exports contain. " * 20
    pull_request = PullRequest(id="PR_1", title=title, body=body, files=(ChangedFile("src/importer.py", 28, 5),))
    with tempfile.TemporaryDirectory() as home:
        limiter = open_rate_limiter(settings, Path(home), clock=clock, sleep=clock.sleep)
        async with ModelClient(settings, limiter, clock=clock) as client:
            try:
                completion = await client.complete(make_prompt(pull_request))
                shortened = " with half the text" if completion.is_truncated else ""
                result = f"answer at attempt {completion.attempts}{shortened}"
            except LlmError as error:
                result = describe_error(error)
        limiter.close()
        return ResponseOutcome(result, limiter.requests, clock.slept)


def describe_error(error: LlmError) -> str:
    name = type(error).__name__
    if isinstance(error, PullRequestFailed):
        return f"pull request failed: {error.code}, {name}"
    if isinstance(error, AnalysisFailed):
        return f"run fails: {name}"
    return f"run ends as partial: {name}" if isinstance(error, AnalysisPaused) else name


def fault_name(fault: Fault) -> str:
    if fault.kind is FaultKind.STATUS:
        return f"HTTP {fault.status}"
    words = fault.kind.replace("_", " ")
    return f"{words}, retry-after {fault.retry_after}" if fault.retry_after else words


def simulated() -> Iterator[tuple[str, str, str]]:
    with serve(LlmSimulator()) as running:
        for fault in SIMULATED:
            found = []
            for times in (1, None):
                running.simulator.faults[:] = [replace(fault, times=times)]
                found.append(str(analyse(running.url, "Make the importer skip empty lines")))
            yield fault_name(fault), found[0], found[1]


def from_npm() -> Iterator[tuple[str, str]]:
    with aimock() as url:
        for name in AIMOCK:
            title = f"HTTP {name[1:]}" if name[1:].isdigit() else name.replace("_", " ")
            yield title, str(analyse(url, f"Alpha {name}"))


def grouped(rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Join faults with the same outcome into one row, without the error's own code."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, *outcomes in rows:
        groups.setdefault(tuple(CODE.sub("failed", outcome) for outcome in outcomes), []).append(name)
    return [(join_names(names), *outcomes) for outcomes, names in groups.items()]


def join_names(names: Sequence[str]) -> str:
    """Join names, the statuses to one: `HTTP 408, 409, hang`."""
    statuses = [name.removeprefix("HTTP ") for name in names if name.startswith("HTTP ")]
    others = [name for name in names if not name.startswith("HTTP ")]
    return ", ".join([*([f"HTTP {', '.join(statuses)}"] if statuses else []), *others])


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def main() -> None:
    options = make_parser(
        "replies", "Show the outcome of every faulty response, from the simulated model and from aimock."
    )
    add_markdown(options, "docs/llm.md")
    chosen = options.parse_args()
    tables = [(("Response of the simulated model", "The first time only", "Every time"), list(simulated()))]
    try:
        tables.append((("Response of aimock", "Every time"), list(from_npm())))  # type: ignore[arg-type]
    except AimockMissing as error:
        Console(stderr=True).print(str(error), highlight=False)
    for head, rows in tables:
        if chosen.markdown:
            print(markdown(head, grouped(rows)), end="\n\n")
        else:
            table = Table(*head)
            for row in rows:
                table.add_row(*row)
            Console().print(table)


if __name__ == "__main__":
    main()
