"""Serves the simulated model.

python -m simulators.llm --port N [--latency-min S] [--latency-max S] [--rpm N] [--tpm N] [--rpd N]
[--obedient outside|anywhere|never]
"""

import argparse
import threading

from simulators.llm.obedience import Obedience
from simulators.llm.server import Simulator, make_server, wait_for_port


def main() -> None:
    """Serve until the process is told to end; the first line of output says where."""
    given = _arguments()
    simulator = Simulator(
        latency=(given.latency_min, max(given.latency_min, given.latency_max)),
        rpm=given.rpm,
        tpm=given.tpm,
        rpd=given.rpd,
        obedience=Obedience(given.obedient),
    )
    server = make_server(simulator, given.port)
    announcer = threading.Thread(target=lambda: _announce(server), daemon=True)
    announcer.start()
    server.run()


def _announce(server: object) -> None:
    port = wait_for_port(server, threading.main_thread())  # type: ignore[arg-type]
    print(f"listening on http://127.0.0.1:{port}/v1", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.llm", description="A simulated language model.")
    parser.add_argument("--port", type=int, default=0, help="0 for a free one")
    parser.add_argument("--latency-min", type=float, default=0.05, help="least seconds of an answer")
    parser.add_argument("--latency-max", type=float, default=0.3, help="most seconds of an answer")
    parser.add_argument("--rpm", type=int, help="requests a minute that it keeps")
    parser.add_argument("--tpm", type=int, help="tokens a minute that it keeps")
    parser.add_argument("--rpd", type=int, help="requests a day that it keeps")
    parser.add_argument(
        "--obedient",
        nargs="?",
        const=Obedience.OUTSIDE.value,
        default=Obedience.OUTSIDE.value,
        choices=[each.value for each in Obedience],
        help="which orders it follows: those outside of the marked data, those anywhere, or none",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
