"""How much of the allowed rate is used, by the count of the server that allows it.

    python -m benchmarks.rate [--minutes 5] [--only NAME ...] [--json]

For each scenario a simulated model runs in a process of its own. It answers after 0.5 to 3 s, refuses what
is over its limit in any 60 s, and keeps the moment at which each request arrived. Clients are processes too,
with the product's client, limiter and number of calls in flight, over one rate file. The first minute is left
out: by then a window that starts empty is full. Scenarios run side by side: they wait far more than they work.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from simulators.llm.arrivals import MINUTE, max_in_window
from tasks.clock import seconds
from tasks.llm.errors import LlmError
from tasks.llm.prompt.prompt import make_prompt
from tasks.llm.provider.rate_limiter import open_rate_limiter
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.rules.pull_request import ChangedFile, PullRequest
from tasks.llm.run.client import ModelClient
from tasks.llm.run.sizing import max_concurrency

LATENCY = (0.5, 3.0)
# A limit that does not bind.
NO_LIMIT = 100_000


@dataclass(frozen=True)
class Scenario:
    """`tpm` None: no limit of tokens. `is_told` False: the clients do not know it, and only follow its headers."""

    name: str
    rpm: int
    tpm: int | None = None
    processes: int = 1
    is_one_killed: bool = False
    is_told: bool = True


SCENARIOS = (
    Scenario("30-one", 30),
    Scenario("30-five", 30, processes=5),
    Scenario("30-killed", 30, processes=5, is_one_killed=True),
    Scenario("1000-one", 1_000),
    Scenario("1000-killed", 1_000, processes=5, is_one_killed=True),
    Scenario("tokens-one", NO_LIMIT, tpm=250_000),
    Scenario("tokens-killed", NO_LIMIT, tpm=250_000, processes=5, is_one_killed=True),
    Scenario("tokens-by-headers", NO_LIMIT, tpm=250_000, is_told=False),
)


@dataclass(frozen=True)
class Measured:
    """`share` is the mean minute's, the first left out, of what the limit allows; `most` is the fullest minute's.

    `over` counts requests that arrived when their minute was full, `refused` all replies that were no answer.
    """

    scenario: str
    minutes: float
    requests: int
    limit: int
    most: int
    share: float
    over: int
    refused: int


def run(scenario: Scenario, minutes: float) -> Measured:
    with tempfile.TemporaryDirectory() as home, server(scenario) as root, ExitStack() as stack:
        clients = [stack.enter_context(client(scenario, root, home)) for _ in range(scenario.processes)]
        wait_for_first(root)
        end = time.monotonic() + (minutes + 1) * MINUTE
        if scenario.is_one_killed:
            time.sleep((end - time.monotonic()) / 2)
            clients[0].kill()
        time.sleep(max(end - time.monotonic(), 0))
        return measure(scenario, minutes, get(root, "arrivals"), get(root, "stats")["refused"])


def measure(scenario: Scenario, minutes: float, arrived: dict[str, Any], refused: int) -> Measured:
    limit = scenario.tpm or scenario.rpm
    times = arrived["seconds"]
    weights = arrived["tokens"] if scenario.tpm else [1] * len(times)
    return Measured(
        scenario=scenario.name,
        minutes=minutes,
        requests=len(times),
        limit=limit,
        most=max_in_window(times, weights),
        share=mean_in_a_minute(times, weights, MINUTE, MINUTE * (minutes + 1)) / limit,
        over=count_over(times, weights, limit),
        refused=refused,
    )


def mean_in_a_minute(times: Sequence[float], weights: Sequence[int], start: float, end: float) -> float:
    """Mean over the minutes between `start` and `end`, one beginning each second: requests come in bursts."""
    held = [
        sum(weight for at, weight in zip(times, weights, strict=True) if begin < at <= begin + MINUTE)
        for begin in range(int(start), int(end - MINUTE) + 1)
    ]
    return sum(held) / len(held)


def count_over(times: Sequence[float], weights: Sequence[int], limit: int) -> int:
    """Requests that made the 60 s which end with them hold more than `limit`."""
    over = start = total = 0
    for end, at in enumerate(times):
        total += weights[end]
        while times[start] <= at - MINUTE:
            total -= weights[start]
            start += 1
        over += total > limit
    return over


@contextmanager
def server(scenario: Scenario) -> Iterator[str]:
    """Address of a simulated model that keeps the scenario's limits, in a process of its own."""
    command = [sys.executable, "-m", "simulators.llm", "--latency-min", str(LATENCY[0])]
    command += ["--latency-max", str(LATENCY[1])]
    command += ["--tpm", str(scenario.tpm)] if scenario.tpm else ["--rpm", str(scenario.rpm)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith("listening on "):
                raise SystemExit("the simulated model did not start")
            yield line.removeprefix("listening on ").strip().removesuffix("/v1")
        finally:
            process.terminate()


@contextmanager
def client(scenario: Scenario, root: str, home: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "benchmarks.rate", "--send", scenario.name, "--url", f"{root}/v1", "--home", home]
    with subprocess.Popen(command) as process:
        try:
            yield process
        finally:
            process.kill()


def get(root: str, what: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{root}/_simulator/{what}") as reply:  # noqa: S310  a server of our own
        found: dict[str, Any] = json.load(reply)
        return found


def wait_for_first(root: str) -> None:
    deadline = time.monotonic() + 120
    while not get(root, "arrivals")["seconds"]:
        if time.monotonic() > deadline:
            raise SystemExit("no client has sent anything")
        time.sleep(0.2)


async def send(scenario: Scenario, url: str, home: Path) -> None:
    """The product's client, as many calls in flight as it would have, until the process is ended."""
    settings = LlmSettings(
        _env_file=None, api_key=SecretStr("benchmark"), base_url=url, model="simulated", provider="simulated",
        rpm=scenario.rpm, tpm=scenario.tpm if scenario.is_told else None,
    )  # fmt: skip
    limiter = open_rate_limiter(settings, home, clock=seconds, sleep=asyncio.sleep)
    numbers = count(1)
    paced = settings.model_copy(update={"rpm": most_a_minute(scenario)})
    async with ModelClient(settings, limiter, clock=seconds) as model:
        reading: set[asyncio.Task[None]] = set()
        while True:
            while len(reading) < max_concurrency(paced, model.latencies):
                reading.add(asyncio.create_task(read(model, next(numbers))))
            _, reading = await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED)


def most_a_minute(scenario: Scenario) -> int:
    """Calls that the binding limit lets through: a call of the benchmark is reserved as some 1,500 tokens."""
    return min(scenario.rpm, (scenario.tpm or NO_LIMIT * 1_000) // 1_000)


async def read(model: ModelClient, number: int) -> None:
    pull_request = PullRequest(
        id=f"PR_{number}",
        title=f"Make importer {number} skip empty lines",
        body="The importer stopped at the first empty line, which some exports contain. It now skips them.",
        files=(ChangedFile("src/importer.py", 28, 5),),
    )
    try:
        await model.complete(make_prompt(pull_request))
    except LlmError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)


def draw(found: Sequence[Measured]) -> Table:
    table = Table("scenario", "minutes", "calls", "limit", "fullest 60 s", "share of the limit", "over", "refused")
    for one in found:
        table.add_row(
            one.scenario,
            f"{one.minutes:g}",
            f"{one.requests:,}",
            f"{one.limit:,}",
            f"{one.most:,}",
            f"{one.share:.1%}",
            f"{one.over:,}",
            f"{one.refused:,}",
        )
    return table


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=5.0, help="measured, after the first")
    options.add_argument("--only", nargs="+", choices=[one.name for one in SCENARIOS], help="scenarios")
    options.add_argument("--json", action="store_true", help="figures as JSON on standard output")
    options.add_argument("--send", help=argparse.SUPPRESS)
    options.add_argument("--url", help=argparse.SUPPRESS)
    options.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.send:
        asyncio.run(send({one.name: one for one in SCENARIOS}[chosen.send], chosen.url, chosen.home))
        return
    scenarios = [one for one in SCENARIOS if not chosen.only or one.name in chosen.only]
    with ThreadPoolExecutor(len(scenarios)) as pool:
        found = list(pool.map(lambda one: run(one, chosen.minutes), scenarios))
    if chosen.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    else:
        Console(width=120).print(draw(found))


if __name__ == "__main__":
    main()
