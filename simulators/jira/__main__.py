"""`python -m simulators.jira`: serve until stopped; the first line of output is the address."""

import argparse
from datetime import datetime

from simulators.clock import now
from simulators.github.story.organisation import make_organisation
from simulators.jira.server import CLOUD, DATA_CENTER, NAME, JiraSimulator
from simulators.jira.story import make_world
from simulators.serving import serve_until_stopped


def main() -> None:
    """Serve the issues behind the organisation that `python -m simulators.github` makes of the same options."""
    given = _arguments()
    as_of = given.as_of or now()
    organisation = make_organisation(
        given.seed, as_of, given.repositories, given.pull_requests, given.days, given.login
    )
    simulator = JiraSimulator(make_world(organisation.pull_requests(), as_of), given.form)
    serve_until_stopped(simulator.application(), given.port, NAME)


def _arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m simulators.jira", description="A simulated Jira.")
    options.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 for a free one")
    options.add_argument("--form", choices=[CLOUD, DATA_CENTER], default=CLOUD)
    options.add_argument("--login", default="northwind", help="login of the organisation, as of the simulated GitHub")
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--repositories", type=int, default=6)
    options.add_argument("--pull-requests", type=int, default=1_200)
    options.add_argument("--days", type=int, default=120)
    options.add_argument("--as-of", type=datetime.fromisoformat, help="latest timestamp in the data, ISO 8601")
    return options.parse_args()


if __name__ == "__main__":
    main()
