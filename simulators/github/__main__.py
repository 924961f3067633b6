"""`python -m simulators.github`: serve until stopped; the first line of output is the address."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from simulators.clock import now, seconds
from simulators.github.serving.faults import names, parse_faults
from simulators.github.serving.limits import Limits
from simulators.github.serving.server import HOST, configuration, listen
from simulators.github.serving.service import Service
from simulators.github.store.recorded import load_repository
from simulators.github.store.world import Organisation
from simulators.github.story.organisation import make_organisation


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m simulators.github", description="A simulated GitHub.")
    options.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 for a free one")
    options.add_argument("--login", default="northwind", help="login of the invented organisation")
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--repositories", type=int, default=6)
    options.add_argument("--pull-requests", type=int, default=1_200)
    options.add_argument(
        "--days", type=int, default=120, help="days before --as-of over which pull requests are opened"
    )
    options.add_argument(
        "--as-of", type=datetime.fromisoformat, help="latest timestamp in the data, ISO 8601; default: now"
    )
    options.add_argument("--latency", type=float, default=0.0, help="approximate seconds per response")
    options.add_argument("--hourly-points", type=int, default=Limits().hourly_points)
    options.add_argument("--minute-points", type=int, default=Limits().minute_points)
    options.add_argument("--cache-mb", type=int, default=128, help="memory for cached responses")
    options.add_argument("--file", type=Path, help="serve recorded pull requests instead: .jsonl.gz of one repository")
    options.add_argument("--owner", help="owner of the repository in --file")
    options.add_argument("--name", help="name of the repository in --file")
    options.add_argument("--faults", type=parse_faults, default=[], metavar="KIND:OPTION=VALUE,...", help=names())
    return options


def organisation_of(options: argparse.Namespace, now: datetime) -> Organisation:
    if options.file:
        return load_repository(options.file, options.owner, options.name)
    as_of = options.as_of or now
    if as_of.tzinfo is None:
        as_of = as_of.replace(tzinfo=UTC)
    return make_organisation(
        options.seed, as_of, options.repositories, options.pull_requests, options.days, options.login
    )


def main() -> None:
    options = parser().parse_args()
    limits = Limits(hourly_points=options.hourly_points, minute_points=options.minute_points)
    organisation = organisation_of(options, now())
    service = Service(organisation, seconds, limits, options.cache_mb << 20)
    service.faults.add(*options.faults)
    server = uvicorn.Server(configuration(service, options.port, options.latency))
    try:
        listening = listen(options.port)
    except OSError as error:
        raise SystemExit(
            f"Cannot listen on port {options.port} of {HOST}: {error.strerror}. Choose another with --port."
        ) from None
    print(f"listening on http://{HOST}:{listening.getsockname()[1]}", flush=True)
    server.run(sockets=[listening])


if __name__ == "__main__":
    main()
