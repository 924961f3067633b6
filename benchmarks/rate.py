"""Measure how much of a rate limit is used, by the server's own count.

For each scenario a simulated model runs in a process of its own. It answers after 0.5 to 3 s, refuses requests over
its limit in any 60 s, and records the time at which each request arrived. Clients are processes too, with the
product's client, rate limiter and concurrency, over one request log. The first minute is left out, since the window
starts empty. Scenarios run concurrently, since they mostly wait.
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

from benchmarks.options import add_json, make_parser
from simulators.llm.arrivals import MINUTE, max_in_window
from tasks.clock import seconds
from tasks.llm.errors import LlmError
from tasks.llm.prompt.prompt import make_prompt
from tasks.llm.provider.rate_limiter import open_rate_limiter
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.rules.pull_request import ChangedFile, PullRequest
from tasks.llm.run.model_client import ModelClient
from tasks.llm.run.sizing import max_concurrency

LATENCY = (0.5, 3.0)
# A limit that is never reached.
NO_LIMIT = 100_000


@dataclass(frozen=True)
class Scenario:
    """Limits and clients of one scenario.

    `tpm` is None for no limit of tokens. If `is_configured` is False, the clients only know `tpm` from the headers.
    """

    name: str
    rpm: int
    tpm: int | None = None
    processes: int = 1
    is_one_killed: bool = False
    is_configured: bool = True


SCENARIOS = (
    Scenario("30-one", 30),
    Scenario("30-five", 30, processes=5),
    Scenario("30-killed", 30, processes=5, is_one_killed=True),
    Scenario("1000-one", 1_000),
    Scenario("1000-killed", 1_000, processes=5, is_one_killed=True),
    Scenario("tokens-one", NO_LIMIT, tpm=250_000),
    Scenario("tokens-killed", NO_LIMIT, tpm=250_000, processes=5, is_one_killed=True),
    Scenario("tokens-by-headers", NO_LIMIT, tpm=250_000, is_configured=False),
)


@dataclass(frozen=True)
class RateMeasurement:
    """Usage of the limit in one scenario, without the first minute.

    `share` is the mean usage per minute as a share of the limit, `highest` the usage of the fullest minute. `over`
    counts requests that arrived when their minute was full, `refused` all responses without an answer.
    """

    scenario: str
    minutes: float
    requests: int
    limit: int
    highest: int
    share: float
    over: int
    refused: int


def run(scenario: Scenario, minutes: float) -> RateMeasurement:
    with tempfile.TemporaryDirectory() as home, server(scenario) as root, ExitStack() as stack:
        clients = [stack.enter_context(client(scenario, root, home)) for _ in range(scenario.processes)]
        wait_for_first(root)
        end = time.monotonic() + (minutes + 1) * MINUTE
        if scenario.is_one_killed:
            time.sleep((end - time.monotonic()) / 2)
            clients[0].kill()
        time.sleep(max(end - time.monotonic(), 0))
        return measure(scenario, minutes, get(root, "arrivals"), get(root, "stats")["refused"])


def measure(scenario: Scenario, minutes: float, arrived: dict[str, Any], refused: int) -> RateMeasurement:
    limit = scenario.tpm or scenario.rpm
    times = arrived["seconds"]
    weights = arrived["tokens"] if scenario.tpm else [1] * len(times)
    return RateMeasurement(
        scenario=scenario.name,
        minutes=minutes,
        requests=len(times),
        limit=limit,
        highest=max_in_window(times, weights),
        share=mean_in_a_minute(times, weights, MINUTE, MINUTE * (minutes + 1)) / limit,
        over=count_over(times, weights, limit),
        refused=refused,
    )


def mean_in_a_minute(times: Sequence[float], weights: Sequence[int], start: float, end: float) -> float:
    """Return the mean over all minutes between `start` and `end`, one starting each second, since requests burst."""
    held = [
        sum(weight for at, weight in zip(times, weights, strict=True) if begin < at <= begin + MINUTE)
        for begin in range(int(start), int(end - MINUTE) + 1)
    ]
    return sum(held) / len(held)


def count_over(times: Sequence[float], weights: Sequence[int], limit: int) -> int:
    """Count the requests that brought the 60 s before them over the limit."""
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
    """Run a simulated model with the scenario's limits in a process of its own, and yield its URL."""
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
    with urllib.request.urlopen(f"{root}/_simulator/{what}") as response:  # noqa: S310  a server of our own
        found: dict[str, Any] = json.load(response)
        return found


def wait_for_first(root: str) -> None:
    deadline = time.monotonic() + 120
    while not get(root, "arrivals")["seconds"]:
        if time.monotonic() > deadline:
            raise SystemExit("no client has sent anything")
        time.sleep(0.2)


async def send(scenario: Scenario, url: str, home: Path) -> None:
    """Send with the product's client and concurrency until the process is killed."""
    settings = LlmSettings(
        _env_file=None,
        api_key=SecretStr("benchmark"),
        base_url=url,
        model="simulated",
        provider="simulated",
        rpm=scenario.rpm,
        tpm=scenario.tpm if scenario.is_configured else None,
    )
    limiter = open_rate_limiter(settings, home, clock=seconds, sleep=asyncio.sleep)
    numbers = count(1)
    sizing = settings.model_copy(update={"rpm": max_requests(scenario)})
    async with ModelClient(settings, limiter, clock=seconds) as model:
        calls: set[asyncio.Task[None]] = set()
        while True:
            while len(calls) < max_concurrency(sizing, model.latencies):
                calls.add(asyncio.create_task(send_one(model, next(numbers))))
            _, calls = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)


def max_requests(scenario: Scenario) -> int:
    """Return the requests per minute that the limits allow; each reserves some 1,500 tokens."""
    return min(scenario.rpm, (scenario.tpm or NO_LIMIT * 1_000) // 1_000)


async def send_one(model: ModelClient, number: int) -> None:
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


def draw_table(found: Sequence[RateMeasurement]) -> Table:
    table = Table("scenario", "minutes", "requests", "limit", "fullest 60 s", "share of the limit", "over", "refused")
    for one in found:
        table.add_row(
            one.scenario,
            f"{one.minutes:g}",
            f"{one.requests:,}",
            f"{one.limit:,}",
            f"{one.highest:,}",
            f"{one.share:.1%}",
            f"{one.over:,}",
            f"{one.refused:,}",
        )
    return table


def main() -> None:
    options = make_parser("rate", "Measure how much of a rate limit the client uses, by the server's own count.")
    options.add_argument(
        "--minutes", type=float, default=5.0, metavar="N", help="minutes to measure after the first one (default: 5)"
    )
    options.add_argument(
        "--only",
        nargs="+",
        choices=[one.name for one in SCENARIOS],
        metavar="NAME",
        help=f"run only these scenarios: {', '.join(one.name for one in SCENARIOS)}",
    )
    add_json(options)
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
        Console(width=120).print(draw_table(found))


if __name__ == "__main__":
    main()
