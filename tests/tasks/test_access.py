"""The token in Prefect's blocks: what a Prefect server that does not respond says about it, which is nothing."""

import asyncio
import socket

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from tasks.blocks import PrefectUnavailable, read_block
from tasks.github.api.errors import GitHubError
from tasks.retries import is_machine_fault


@pytest.mark.slow
def test_a_prefect_that_cannot_be_reached_is_not_a_bad_token() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/api"
        with temporary_settings({PREFECT_API_URL: address}), pytest.raises(PrefectUnavailable) as caught:
            asyncio.run(read_block("github-token-acme"))
    assert not isinstance(caught.value, GitHubError)
    assert "secret/github-token-acme" in str(caught.value)
    assert "Prefect" in caught.value.hint
    assert "token" not in caught.value.hint
    assert address not in str(caught.value)


def test_it_is_tried_again_as_a_fault_of_the_machine_is() -> None:
    class Failed:
        data = PrefectUnavailable("Prefect did not respond")

    assert is_machine_fault(None, None, Failed())  # type: ignore[arg-type]
