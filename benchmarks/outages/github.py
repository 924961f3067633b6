"""Two simulated organisations behind one address, told apart by their teams' tokens: as a process of its own.

`python -m benchmarks.outages.github REPOSITORIES PULL_REQUESTS LATENCY`; the first line of output is the address. Each
organisation has a secret of many kinds in its newest pull requests, in every place where people write.
"""

import sys
from datetime import UTC, datetime

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from simulators.clock import seconds
from simulators.github.serving.server import HOST, application, configuration, listen
from simulators.github.serving.service import Service
from simulators.github.store.world import Organisation
from simulators.github.story.organisation import make_organisation
from tests.canaries import TEXTS

AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)
DAYS = 90
TOKENS = {
    "northwind": "ghp_9OutagesCanary7Zq4Lw2Vb8Nx6Km3Pj5Rd1",
    "southwind": "ghp_8OutagesCanary5Rt6Yp3Wc9Hs2Jd4Kf7Lm",
}
"""The token of each team, whose name is that of its organisation."""


def make_service(team: str, seed: int, repositories: int, pull_requests: int) -> Service:
    organisation = make_organisation(seed, AS_OF, repositories, pull_requests, DAYS, team, first_id=100 * seed)
    plant_secrets(organisation)
    service = Service(organisation, seconds)
    service.tokens.grant(TOKENS[team], f"reader-of-{team}")  # an account of its own, whose budget nobody shares
    return service


def plant_secrets(organisation: Organisation) -> None:
    """Put one secret into each of the newest pull requests: title, branch, body, commit and path."""
    newest = sorted(organisation.pull_requests(), key=lambda each: str(each["updatedAt"]), reverse=True)
    for record, text in zip([each for each in newest if each["commits"] and each["files"]], TEXTS, strict=False):
        line = " ".join(text.split())
        commit, file = record["commits"][0], record["files"][0]
        message = f"Use {line}\n\nAssisted-by: Claude, who saw {line}"
        organisation.edit(
            organisation.full_name(record["repository"]),
            record["number"],
            title=f"Use {line}",
            headRefName=f"x/{line}",
            body=f"It broke with\n{text}\n\n- [x] An LLM saw {line}",
            commits=[{**commit, "commit": {**commit["commit"], "message": message}}, *record["commits"][1:]],
            files=[{**file, "path": f"keys/{line}"}, *record["files"][1:]],
        )


class ByToken:
    """ASGI application that hands a request to the application of its token."""

    def __init__(self, apps: dict[str, ASGIApp]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent = dict(scope.get("headers", ())).get(b"authorization", b"").decode()
        await self._apps.get(sent.partition(" ")[2].strip(), next(iter(self._apps.values())))(scope, receive, send)


def main() -> None:
    repositories, pull_requests, latency = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    services = {team: make_service(team, seed, repositories, pull_requests) for seed, team in enumerate(TOKENS, 7)}
    config = configuration(next(iter(services.values())), 0, latency)
    config.app = ByToken({TOKENS[team]: application(service, latency) for team, service in services.items()})
    listening = listen(0)
    print(f"listening on http://{HOST}:{listening.getsockname()[1]}", flush=True)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
