"""Canaries: a token and a key that nobody would write by chance are looked for wherever a run leaves something."""

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from joserfc.jwk import RSAKey

from flows.background import background
from flows.onboarding import onboarding
from simulators.github.serving.apps import App
from tests.canaries import TEXTS, parts_in
from tests.flows.conftest import post_to_prefect
from warehouse import schema

if TYPE_CHECKING:
    from conftest import World

pytestmark = pytest.mark.slow

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
TOKEN = "ghp_9TokenCanary7Zq4Lw2Vb8Nx6Km3Pj5Rd1Fs0"
OTHER_TOKEN = "github_pat_9OtherCanary7Zq4Lw2Vb8Nx6Km3Pj5Rd1Fs0Jk"
KEY = "gsk_9KeyCanary7Zq4Lw2Vb8Nx6Km3Pj5Rd1Fs0Ht"
APP_KEY = RSAKey.generate_key(2048, private=True)
PEM = APP_KEY.as_pem(private=True).decode()
CANARIES = (TOKEN, KEY, TOKEN[4:], KEY[4:], OTHER_TOKEN[11:])


@pytest.fixture
def canaries(world: "World", monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> "World":
    monkeypatch.setenv("GITHUB_TOKEN", f"{TOKEN},{OTHER_TOKEN}")
    for place, token in enumerate((TOKEN, OTHER_TOKEN)):
        world.github.tokens.grant(token, f"person-{place}")
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    caplog.set_level(logging.DEBUG)  # what a person turns on to find a fault is where secrets leak
    return world


def everything_prefect_keeps(address: str) -> str:
    """Return logs, artifacts, runs with their parameters, states and results, as Prefect's API returns them."""
    kinds = ("flow_runs", "task_runs", "artifacts", "logs", "block_documents", "variables", "deployments")
    return "".join(post_to_prefect(address, f"/{kind}/filter", {}).text for kind in kinds)


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def issued(world: "World") -> list[str]:
    """Return the tokens that GitHub issued during the run and an App's assertions, without their public prefixes."""
    assertions = [assertion.rpartition(".")[2] for assertion in world.github.apps.assertions]
    return [*(token[4:] for token in world.github.tokens.issued()), *assertions]


def leaks(world: "World", caplog: pytest.LogCaptureFixture, *texts: str) -> list[str]:
    prefect = everything_prefect_keeps(world.prefect_api_url)
    assert "onboarding/acme" in prefect  # what is searched is really there
    said = "".join([prefect, caplog.text, *texts])
    on_disk = everything_on_disk(world.warehouse.settings.home)
    assert b"acme" in on_disk
    canaries = [*CANARIES, *issued(world), *PEM.splitlines()[1:-1]]
    return [canary for canary in canaries if canary in said or canary.encode() in on_disk]


# GitHub's own texts are kept as GitHub holds them, and nowhere else.
OF_GITHUB = {
    ("pull_requests", "title"),
    ("pull_requests", "body"),
    ("pull_requests", "head_ref"),
    ("commits", "headline"),
    ("commits", "trailers"),
    ("files", "path"),
}


def plant_secrets(world: "World") -> None:
    """In what people write: one secret in each of the organisation's newest pull requests, in every place of it."""
    organisation = world.github.organisation
    newest = sorted(organisation.pull_requests(), key=lambda each: each["updatedAt"], reverse=True)
    for record, text in zip([each for each in newest if each["commits"] and each["files"]], TEXTS, strict=False):
        line = " ".join(text.split())
        name = organisation.full_name(record["repository"])
        commit, file = record["commits"][0], record["files"][0]
        message = f"Use {line}\n\nAssisted-by: Claude, who saw {line}"
        organisation.edit(
            name,
            record["number"],
            title=f"Use {line}",
            headRefName=f"x/{line}",
            body=f"It broke with\n{text}\n\n- [x] An LLM saw {line}",
            commits=[{**commit, "commit": {**commit["commit"], "message": message}}, *record["commits"][1:]],
            files=[{**file, "path": f"keys/{line}"}, *record["files"][1:]],
        )


def columns_with_secrets(world: "World") -> set[tuple[str, str]]:
    tables = schema.metadata.tables
    return {
        (name, column)
        for name in tables
        for column, values in world.warehouse.read(f"SELECT * FROM {name}").to_dict().items()
        if parts_in(str(values.to_list()))
    }


def test_a_run_that_succeeds_leaves_no_token_and_no_key_anywhere(
    canaries: "World", caplog: pytest.LogCaptureFixture
) -> None:
    """Neither our own, nor those that people wrote into pull requests."""
    canaries.model.simulator.keep_bodies = True
    plant_secrets(canaries)
    asyncio.run(onboarding(team="acme", as_of=T))
    asyncio.run(background(team="acme"))
    assert all(canaries.github.stats()["points_by_login"].values())  # both tokens were used
    assert leaks(canaries, caplog) == []
    assert len(canaries.model.simulator.bodies) > len(TEXTS) // 2
    assert parts_in("".join(canaries.model.simulator.bodies)) == []
    assert parts_in(everything_prefect_keeps(canaries.prefect_api_url) + caplog.text) == []
    assert columns_with_secrets(canaries) == OF_GITHUB


def test_a_run_that_github_refuses_leaves_no_key_and_no_token_of_an_app_anywhere(
    canaries: "World", caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = APP_KEY.as_pem(private=False).decode()
    canaries.github.apps.register(App("77", public, installations={1: "acme"}))
    monkeypatch.setenv("PRFLOW_GITHUB_APP_ID", "77")
    monkeypatch.setenv("PRFLOW_GITHUB_APP_PRIVATE_KEY", PEM)
    monkeypatch.setenv("GITHUB_GRAPHQL_URL", "http://127.0.0.1:9/graphql")  # nobody listens there
    monkeypatch.setattr("tasks.github.api.backoff.FIRST_BACKOFF_SECONDS", 0.0)
    with pytest.raises(Exception, match="no connection") as caught:
        asyncio.run(onboarding(team="acme", as_of=T))
    assert canaries.github.stats()["tokens_made"] == 1
    assert leaks(canaries, caplog, str(caught.getrepr(showlocals=True, chain=True))) == []
