"""Serve the simulated model: `python -m simulators.llm --help`."""

import argparse

from simulators.llm.obedience import Obedience
from simulators.llm.server import NAME, START_SECONDS, LlmSimulator
from simulators.serving import serve_until_stopped


def main() -> None:
    """Serve until the process is terminated; the first line of output is the URL."""
    given = _arguments()
    simulator = LlmSimulator(
        latency=(given.latency_min, max(given.latency_min, given.latency_max)),
        rpm=given.rpm,
        tpm=given.tpm,
        rpd=given.rpd,
        obedience=Obedience(given.obedient),
    )
    serve_until_stopped(simulator.application(), given.port, NAME, "/v1", START_SECONDS)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.llm", description="Serve a simulated language model over HTTP."
    )
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 for a free one")
    parser.add_argument("--latency-min", type=float, default=0.05, help="minimum seconds until a response")
    parser.add_argument("--latency-max", type=float, default=0.3, help="maximum seconds until a response")
    parser.add_argument("--rpm", type=int, help="limit of requests per minute")
    parser.add_argument("--tpm", type=int, help="limit of tokens per minute")
    parser.add_argument("--rpd", type=int, help="limit of requests per day")
    parser.add_argument(
        "--obedient",
        nargs="?",
        const=Obedience.OUTSIDE.value,
        default=Obedience.OUTSIDE.value,
        choices=[each.value for each in Obedience],
        help="which instructions the model follows: those outside of the marked data, those anywhere, or none",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
