"""A GitHub App: its assertions, its installations, and tokens that end while they are used."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from joserfc.jwk import RSAKey

from simulators.github.serving.apps import App as RegisteredApp
from simulators.github.serving.faults import Fault, Kind
from simulators.github.serving.server import serve
from tasks.github.access.app import App, InstallationToken, read_private_key
from tasks.github.api.client import GitHub
from tasks.github.api.errors import TokenRefused, Unreachable
from tasks.github.api.rest import Rest
from tasks.github.api.settings import GitHubSettings
from tasks.github.organisation.owner import fetch_owner
from warehouse.errors import NotConfigured

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

KEY = RSAKey.generate_key(2048, private=True)
PEM = KEY.as_pem(private=True).decode()
OTHERS_PEM = RSAKey.generate_key(2048, private=True).as_pem(private=True).decode()
INSTALLATIONS = {number: f"org-{number}" for number in range(1, 130)} | {4242: "Acme"}


@pytest.fixture
def app(simulated: "Simulated") -> "Simulated":
    """Return a simulator that knows an App, installed on `acme` and on more accounts than a page holds."""
    public = KEY.as_pem(private=False).decode()
    simulated.running.apps.register(RegisteredApp("77", public, installations=INSTALLATIONS))
    return simulated


def settings(simulated: "Simulated", **more: Any) -> GitHubSettings:
    return simulated.settings(**{"token": "", "app_id": "77", "app_private_key": PEM, **more})


def rest_of(simulated: "Simulated", **more: Any) -> Rest:
    rest = Rest(5.0, clock=simulated.clock, sleep=simulated.clock.sleep, jitter=lambda: 1.0, **more)
    rest.skew = timedelta(0)
    return rest


def ask(
    simulated: "Simulated", work: Callable[[GitHub], Awaitable[Any]], owner: str = "acme", **more: Any
) -> tuple[Any, GitHub]:
    """Return the result of `work` with a client that asks as the App."""

    async def run() -> tuple[Any, GitHub]:
        chosen, rest = settings(simulated, **more), rest_of(simulated)
        credential = InstallationToken(App(chosen, rest), rest, owner, chosen.app_installation_id)
        clock = simulated.clock
        async with GitHub(chosen, clock=clock, sleep=clock.sleep, credentials=[credential]) as github:
            github.skew = timedelta(0)
            return await work(github), github

    return asyncio.run(run())


async def ask_owner(github: GitHub) -> str:
    return (await fetch_owner(github, "acme")).viewer


def tokens_made(simulated: "Simulated") -> int:
    return int(simulated.running.stats()["tokens_made"])


def test_the_app_asks_as_itself_with_one_token_for_all_requests(app: "Simulated") -> None:
    async def ask_thrice(github: GitHub) -> set[str]:
        return set(await asyncio.gather(*(ask_owner(github) for _ in range(3))))

    viewers, _ = ask(app, ask_thrice)
    assert viewers == {"prflow[bot]"}
    assert tokens_made(app) == 1


def test_the_installation_on_the_owner_is_found_on_whichever_page_it_stands(app: "Simulated") -> None:
    async def find() -> int:
        return (await App(settings(app), rest_of(app)).find_installation("acme")).id

    assert asyncio.run(find()) == 4242


def test_an_owner_without_the_app_is_told_where_it_is_installed(app: "Simulated") -> None:
    with pytest.raises(
        TokenRefused, match="The GitHub App 77 is not installed on nobody; it is installed on Acme, org-1"
    ):
        ask(app, ask_owner, owner="nobody")


def test_an_installation_that_is_not_there_is_named(app: "Simulated") -> None:
    with pytest.raises(TokenRefused, match="has no installation 5000"):
        ask(app, ask_owner, app_installation_id=5_000)


def test_a_token_is_made_anew_before_its_hour_is_over(app: "Simulated") -> None:
    async def ask_for_three_hours(github: GitHub) -> None:
        for _ in range(19):
            await ask_owner(github)
            app.clock.at += timedelta(minutes=10)

    ask(app, ask_for_three_hours)
    assert tokens_made(app) == 4
    assert app.running.stats()["by_status"] == {"200": 19}


def test_a_token_that_is_refused_in_mid_run_is_made_anew_once_and_no_request_is_lost(app: "Simulated") -> None:
    async def ask_around_a_revocation(github: GitHub) -> list[str]:
        await ask_owner(github)
        app.running.tokens.revoke(app.running.tokens.issued("ghs_")[0])
        return list(await asyncio.gather(*(ask_owner(github) for _ in range(8))))

    viewers, github = ask(app, ask_around_a_revocation, workers=8)
    assert viewers == ["prflow[bot]"] * 8
    assert tokens_made(app) == 2
    assert github.accounts.all[0].refusal is None


def test_an_app_that_github_accepts_no_more_ends_the_run_with_a_hint(app: "Simulated") -> None:
    app.fail(Fault(Kind.TOKEN_REVOKED, times=None))
    with pytest.raises(TokenRefused, match="Bad credentials"):
        ask(app, ask_owner)
    assert tokens_made(app) == 3


def test_a_key_that_is_not_the_apps_is_refused(app: "Simulated") -> None:
    with pytest.raises(TokenRefused, match="could not be decoded") as caught:
        ask(app, ask_owner, app_private_key=OTHERS_PEM)
    assert "PRFLOW_GITHUB_APP_ID" in caught.value.hint


def test_a_fault_while_a_token_is_made_is_tried_again(app: "Simulated") -> None:
    app.fail(Fault(Kind.BAD_GATEWAY_HTML, times=2, operation="InstallationToken"))
    assert ask(app, ask_owner)[0] == "prflow[bot]"


def test_a_github_that_gives_no_new_token_does_no_harm_while_the_old_one_lasts(app: "Simulated") -> None:
    async def ask_late(github: GitHub) -> str:
        await ask_owner(github)
        app.clock.at += timedelta(minutes=56)
        app.fail(Fault(Kind.BAD_GATEWAY_HTML, times=5, operation="InstallationToken"))
        return await ask_owner(github)

    assert ask(app, ask_late)[0] == "prflow[bot]"


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_wrong_is_corrected_by_githubs(simulated: "Simulated", hours: int) -> None:
    """An assertion from the future or the past is refused; the refusal's Date header says how far off we are."""

    async def make_token(url: str) -> None:
        rest = Rest(5.0, clock=lambda: datetime.now(UTC) + timedelta(hours=hours))
        await App(settings(simulated, api_url=url), rest).make_token(1)
        assert rest.skew is not None
        assert abs(rest.skew + timedelta(hours=hours)) < timedelta(minutes=1)

    with serve(simulated.organisation) as running:  # by the machine's clock
        public = KEY.as_pem(private=False).decode()
        running.apps.register(RegisteredApp("77", public, installations=INSTALLATIONS))
        asyncio.run(make_token(running.url))


@pytest.mark.parametrize("written", [PEM, PEM.replace("\n", "\\n"), f"  {PEM}\n"], ids=["lines", "escaped", "blanks"])
def test_the_key_may_be_written_on_one_line(simulated: "Simulated", written: str) -> None:
    assert read_private_key(settings(simulated, app_private_key=written)).thumbprint() == KEY.thumbprint()


def test_the_key_may_be_a_file(simulated: "Simulated", tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(PEM)
    chosen = settings(simulated, app_private_key="", app_private_key_file=tmp_path / "key.pem")
    assert read_private_key(chosen).thumbprint() == KEY.thumbprint()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"app_private_key": ""}, "PRFLOW_GITHUB_APP_PRIVATE_KEY is not set"),
        ({"app_private_key": PEM[:400]}, "PRFLOW_GITHUB_APP_PRIVATE_KEY holds no private RSA key"),
        ({"app_private_key": KEY.as_pem(private=False).decode()}, "holds no private RSA key"),
        ({"app_private_key": "", "app_private_key_file": Path("/nowhere.pem")}, "_FILE cannot be read .*/nowhere.pem"),
    ],
    ids=["none", "damaged", "public", "no file"],
)
def test_a_key_that_is_none_is_named_and_not_shown(simulated: "Simulated", more: dict[str, Any], words: str) -> None:
    with pytest.raises(NotConfigured, match=words) as caught:
        read_private_key(settings(simulated, **more))
    shown = "".join(traceback.format_exception(caught.value))
    assert PEM.splitlines()[2] not in shown


def test_without_an_answer_the_app_is_no_riddle(app: "Simulated") -> None:
    with pytest.raises(Unreachable, match="installations of the GitHub App: no connection"):
        ask(app, ask_owner, api_url="http://127.0.0.1:9")


def test_an_installation_is_found_by_the_id_of_its_account_if_that_was_renamed(simulated: "Simulated") -> None:
    public = KEY.as_pem(private=False).decode()
    installed = RegisteredApp("77", public, installations={7: "acme-inc", 8: "acme"}, account_ids={"acme-inc": 1})
    simulated.running.apps.register(installed)
    app = App(settings(simulated), rest_of(simulated))
    assert asyncio.run(app.find_installation("acme", 1)).id == 7
    assert asyncio.run(app.find_installation("acme")).id == 8
    assert asyncio.run(app.find_installation("acme", 99)).id == 8, "a server that gives no ids"
