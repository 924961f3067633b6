"""Ask servers that are broken or hostile: what becomes of each fault, in how long, in how much memory.

Each fault is met in a process of its own. Pauses between attempts take no time; seconds are those of reading.
"""

import asyncio
import gzip
import json
import multiprocessing
import resource
import socketserver
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from benchmarks.document import write_table
from benchmarks.options import add_write, make_parser
from benchmarks.stage import Clock
from tasks.github.api.client import GitHub
from tasks.github.api.settings import GitHubSettings
from tasks.github.organisation.owner import fetch_owner
from tasks.llm.prompt.prompt import make_prompt
from tasks.llm.provider.rate_limiter import open_rate_limiter
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.model_check import SAMPLE
from tasks.llm.run.model_client import ModelClient
from warehouse.errors import PrflowError

COLUMNS = ("server", "fault", "error", "what a person reads", "seconds", "MB")
MAX_SECONDS, MAX_MB = 60.0, 300
RATE = {"cost": 1, "limit": 5000, "remaining": 4999, "used": 1, "resetAt": "2026-08-22T13:00:00Z", "nodeCount": 1}
OWNER = {"__typename": "Organization", "id": "O_1", "login": "acme", "name": "Acme"}
GOOD = {"rateLimit": RATE, "viewer": {"login": "ann"}, "repositoryOwner": OWNER}
NESTED = b'{"data":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001
LIMIT = b'{"message":"secondary rate limit"}'
PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Access denied</body></html>"


@dataclass(frozen=True)
class Hostile:
    """What a server sends: the headers after the status line, and the body; `repeat` times the body."""

    name: str
    body: bytes
    headers: str = ""
    status: str = "200 OK"
    repeat: int = 1


def _github(name: str, **data: Any) -> Hostile:
    return Hostile(name, json.dumps({"data": GOOD | data}).encode())


def _bomb() -> bytes:
    """Return 700 MB of blanks in less than one."""
    return gzip.compress(b" " * (700 << 20), 1)


GITHUB = (
    _github("a name that is missing", repositoryOwner={key: OWNER[key] for key in ("__typename", "id", "name")}),
    _github("an id that is a number", repositoryOwner=OWNER | {"id": 5}),
    _github("an owner that is a list", repositoryOwner=[]),
    _github("a viewer that is null", viewer=None),
    _github("a limit that renews yesterday", rateLimit=RATE | {"resetAt": "yesterday"}),
    _github("a limit that renews after the year 9999", rateLimit=RATE | {"resetAt": "9999-12-31T23:59:59-23:59"}),
    _github("a number of 400 digits", rateLimit=RATE | {"remaining": 10**400}),
    Hostile("errors that are a number", json.dumps({"data": GOOD, "errors": 5}).encode()),
    Hostile("an unknown error without data", b'{"data":null,"errors":[{"message":"no"}]}'),
    Hostile("100,000 objects in each other", NESTED),
    Hostile("JSON that is cut short", json.dumps({"data": GOOD}).encode()[:-9]),
    Hostile("bytes that are not UTF-8", b'{"data": "\xff\xfe"}'),
    Hostile("a proxy's page with status 200", PAGE, "Content-Type: text/html\r\n"),
    Hostile("a proxy's page with status 403", PAGE, "Content-Type: text/html\r\n", "403 Forbidden"),
    Hostile("a redirect to another host", b"", "Location: http://127.0.0.1:1/graphql\r\n", "302 Found"),
    Hostile("a wait of ten years", LIMIT, "Retry-After: 315360000\r\n", "403 Forbidden"),
    Hostile("a wait of ² seconds, for ever", LIMIT, "Retry-After: \xb2\r\n", "403 Forbidden"),
    Hostile("700 MB in 3 MB of gzip", b"", "Content-Encoding: gzip\r\n"),
    Hostile("gzip that is damaged", b"\x1f\x8b\x08\x00broken", "Content-Encoding: gzip\r\n"),
    Hostile("a body without an end", b" " * (1 << 20), repeat=100_000),
)
MODEL = (
    Hostile("a completion that is a list", b"[]"),
    Hostile("choices that are a number", b'{"choices": 5}'),
    Hostile("no choice", b'{"choices": []}'),
    Hostile("an answer that is no JSON", json.dumps({"choices": [{"message": {"content": "hm"}}]}).encode()),
    Hostile("100,000 objects in each other", NESTED),
    Hostile("a proxy's page with status 200", PAGE, "Content-Type: text/html\r\n"),
    Hostile("a proxy's page with status 403", PAGE, "Content-Type: text/html\r\n", "403 Forbidden"),
    Hostile("a redirect to another host", b"", "Location: http://127.0.0.1:1/\r\n", "302 Found"),
    Hostile("a wait of ten years", b"{}", "Retry-After: 315360000\r\n", "429 Too Many Requests"),
    Hostile("a wait of ² seconds, for ever", b"{}", "Retry-After: \xb2\r\n", "429 Too Many Requests"),
    Hostile("700 MB in 3 MB of gzip", b"", "Content-Encoding: gzip\r\n"),
    Hostile("gzip that is damaged", b"\x1f\x8b\x08\x00broken", "Content-Encoding: gzip\r\n"),
    Hostile("a body without an end", b" " * (1 << 20), repeat=100_000),
)


@contextmanager
def serve(hostile: Hostile) -> Iterator[str]:
    """Send the same to every request, until the block ends."""
    body = hostile.body or (_bomb() if "gzip" in hostile.headers else b"")

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            length = 0
            while (line := self.rfile.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            self.rfile.read(length)
            head = f"HTTP/1.1 {hostile.status}\r\n{hostile.headers}Connection: close\r\n\r\n"
            try:
                self.wfile.write(head.encode("latin-1"))
                for _ in range(hostile.repeat):
                    self.wfile.write(body)
            except OSError:
                return  # the client has left, as it should

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


async def ask_github(address: str) -> None:
    clock = Clock()
    settings = GitHubSettings(
        token=SecretStr("benchmark-token"),
        api_url=f"{address}/rest",
        graphql_url=f"{address}/graphql",
        timeout_seconds=20.0,
    )
    async with GitHub(settings, clock=clock, sleep=clock.sleep) as github:
        await fetch_owner(github, "acme")


async def ask_model(address: str) -> None:
    clock = Clock()
    settings = LlmSettings(api_key=SecretStr("benchmark-key"), base_url=f"{address}/v1", timeout_seconds=20.0)
    with tempfile.TemporaryDirectory() as folder:
        limiter = open_rate_limiter(settings, Path(folder), clock=clock.seconds, sleep=clock.sleep)
        try:
            async with ModelClient(settings, limiter, clock=clock.seconds) as client:
                await client.complete(make_prompt(SAMPLE))
        finally:
            limiter.close()


def meet(ask: Callable[[str], Any], address: str, result: Connection) -> None:
    """Ask once, and send the name of the error, its words, seconds and megabytes. Runs in a process of its own."""
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    try:
        asyncio.run(ask(address))
        found = ("none", "")
    except PrflowError as error:
        found = (type(error).__name__, str(error))
    except BaseException as error:  # noqa: BLE001  (whatever it is, it is the result)
        found = (f"UNTYPED {type(error).__name__}", str(error))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result.send((*found, time.perf_counter() - began, (peak - before) / 1024))


def play(server: str, hostile: Hostile) -> tuple[tuple[str, ...], str]:
    """Return a row of the table, and what is wrong with it."""
    context = multiprocessing.get_context("fork")
    with serve(hostile) as address:
        receiver, sender = context.Pipe(duplex=False)
        ask = ask_github if server == "GitHub" else ask_model
        child = context.Process(target=meet, args=(ask, address, sender))
        child.start()
        sender.close()
        try:
            error, words, seconds, megabytes = receiver.recv()
        except EOFError:
            error, words, seconds, megabytes = "UNTYPED death of the process", "", 0.0, 0.0
        child.join()
        receiver.close()
    wrong = [
        text
        for text, applies in {
            "not a typed error": error.startswith("UNTYPED") or (error == "none" and "limit" not in hostile.name),
            "too slow": seconds > MAX_SECONDS,
            "too much memory": megabytes > MAX_MB,
            "HTML in the words": "<" in words,
        }.items()
        if applies
    ]
    return (server, hostile.name, error, words[:160], f"{seconds:.1f}", f"{megabytes:.0f}"), "; ".join(wrong)


def main() -> None:
    options = make_parser("hostile", "Ask hostile servers; exit code 1 if a fault is not a typed error.")
    options.add_argument("--only", default="", metavar="TEXT", help="play only faults whose name contains TEXT")
    add_write(options)
    chosen = options.parse_args()
    console, rows, wrong = Console(), [], 0
    table = Table(*COLUMNS)
    for server, cases in (("GitHub", GITHUB), ("model", MODEL)):
        for hostile in [each for each in cases if chosen.only in each.name]:
            row, fault = play(server, hostile)
            rows.append(row)
            table.add_row(*row)
            wrong += bool(fault)
            console.print(f"{'[red]wrong' if fault else '[green]ok'}[/] {server}: {hostile.name} {fault}")
    console.print(table)
    if chosen.write:
        sentence = f"{len(rows)} faults, {wrong} not handled as expected (`python -m benchmarks.hostile --write`)."
        write_table("hostile", sentence, COLUMNS, rows)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
