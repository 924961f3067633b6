"""What comes of every bad reply, against two servers: our simulated model, and @copilotkit/aimock from npm.

    python -m benchmarks.replies [--markdown]

One pull request is read for each fault. `Once`: the first reply is bad, the next ones are good. `Always`: all
are. Time is made up, so that no wait takes any.
"""

import argparse
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
from simulators.llm.faults import Fault, FaultKind
from simulators.llm.server import LlmSimulator, serve
from tasks.llm.errors import AnalysisFailed, AnalysisPaused, LlmError, PullRequestFailed
from tasks.llm.prompt.prompt import make_prompt
from tasks.llm.provider.rate_limiter import open_rate_limiter
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.rules.pull_request import ChangedFile, PullRequest
from tasks.llm.run.client import ModelClient

# Long enough for a busy machine; only what hangs takes it.
TIMEOUT_SECONDS = 5.0
STATUSES = (408, 409, 413, 425, 498, 500, 502, 503, 529)
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
CODE = re.compile(r"not read: \w+")
AIMOCK = (
    "good", "fenced", "broken", "value", "field", "words", "truncated", "filtered", "empty", "malformed", "dropped",
    "slow", "limited", "long_wait", "key", "forbidden", "model", "credit", "too_long", "context", "validate", "format",
    "s408", "s409", "s425", "s498", "internal", "bad_gateway", "unavailable",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What became of one pull request, after how many calls, and how many seconds it waited in between."""

    words: str
    calls: int
    waited_seconds: float

    def __str__(self) -> str:
        waited = f", {self.waited_seconds:.0f} s waited" if self.waited_seconds >= 1 else ""
        return f"{self.words} ({self.calls} {'call' if self.calls == 1 else 'calls'}{waited})"


class MadeUpTime:
    """Moves when someone sleeps by it."""

    def __init__(self) -> None:
        self.now = 1_760_000_000.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def read(url: str, title: str) -> Outcome:
    return asyncio.run(_read(url, title))


async def _read(url: str, title: str) -> Outcome:
    settings = LlmSettings(
        _env_file=None, api_key=SecretStr("benchmark"), base_url=url, model="some-model", provider="groq",
        rpm=60_000, guard_seconds=0.0, timeout_seconds=TIMEOUT_SECONDS,
    )  # fmt: skip
    clock = MadeUpTime()
    body = "The importer stopped at the first empty line, which some exports contain. " * 20
    pull_request = PullRequest(id="PR_1", title=title, body=body, files=(ChangedFile("src/importer.py", 28, 5),))
    with tempfile.TemporaryDirectory() as home:
        limiter = open_rate_limiter(settings, Path(home), clock=clock, sleep=clock.sleep)
        async with ModelClient(settings, limiter, clock=clock) as client:
            try:
                reading = await client.complete(make_prompt(pull_request))
                words = f"read at try {reading.attempts}" + (", half the text" if reading.is_truncated else "")
            except LlmError as error:
                words = describe(error)
        limiter.close()
        return Outcome(words, limiter.requests, clock.slept)


def describe(error: LlmError) -> str:
    name = type(error).__name__
    if isinstance(error, PullRequestFailed):
        return f"not read: {error.code}, {name}"
    if isinstance(error, AnalysisFailed):
        return f"run fails: {name}"
    return f"run ends partial: {name}" if isinstance(error, AnalysisPaused) else name


def name_of(fault: Fault) -> str:
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
                found.append(str(read(running.url, "Make the importer skip empty lines")))
            yield name_of(fault), found[0], found[1]


def from_npm() -> Iterator[tuple[str, str]]:
    with aimock() as url:
        for name in AIMOCK:
            yield f"HTTP {name[1:]}" if name[1:].isdigit() else name.replace("_", " "), str(read(url, f"Alpha {name}"))


def grouped(rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Faults with the same outcome in one row; the error's own code is left out."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, *outcomes in rows:
        groups.setdefault(tuple(CODE.sub("not read", words) for words in outcomes), []).append(name)
    return [(", ".join(names), *outcomes) for outcomes, names in groups.items()]


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--markdown", action="store_true", help="as in docs/llm.md: a row for each outcome")
    chosen = options.parse_args()
    tables = [(("Simulated model", "Once", "Always"), list(simulated()))]
    try:
        tables.append((("aimock", "Always"), list(from_npm())))  # type: ignore[arg-type]
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
