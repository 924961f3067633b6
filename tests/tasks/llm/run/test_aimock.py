"""The client with an independent server, @copilotkit/aimock from npm."""

from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.aimock import GOOD, AimockMissing, aimock
from tasks.llm.errors import AnswerRefused, AnswerUnusable, KeyRefused, LlmError, ModelNotFound, QuotaExhausted

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def aimock_url() -> Iterator[str]:
    """Yield the base URL of the server; skip if npm or the package is not available."""
    try:
        with aimock() as url:
            yield url
    except AimockMissing as error:
        pytest.skip(str(error))


@pytest.fixture
def ask_aimock(ask: Any, aimock_url: str, pull_request: Any) -> Any:
    return lambda name: ask(pull_request(title=f"Alpha {name}"), base_url=aimock_url)


def test_a_good_answer_is_read(ask_aimock: Any) -> None:
    reading = ask_aimock("good")
    assert reading.answer.model_dump() == GOOD
    assert (reading.usage.prompt_tokens, reading.usage.completion_tokens) == (700, 90)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("broken", "broken_json"),
        ("value", "schema_violation"),
        ("truncated", "truncated"),
        ("malformed", "broken_reply"),
        ("dropped", "unreachable"),
        ("internal", "http_500"),
        ("unavailable", "http_503"),
        ("validate", "json_validate_failed"),
    ],
)
def test_a_passing_fault_is_tried_three_times(ask_aimock: Any, name: str, code: str) -> None:
    with pytest.raises(AnswerUnusable) as caught:
        ask_aimock(name)
    assert (caught.value.code, caught.value.attempts) == (code, 3)


@pytest.mark.parametrize(
    ("name", "error"),
    [("key", KeyRefused), ("model", ModelNotFound), ("credit", QuotaExhausted), ("filtered", AnswerRefused)],
)
def test_what_another_try_cannot_help_is_not_tried(ask_aimock: Any, name: str, error: type[LlmError]) -> None:
    with pytest.raises(error):
        ask_aimock(name)


def test_a_whole_run_works_against_it(team: Any, aimock_url: str, pull_request: Any, make_settings: Any) -> None:
    team.store(*(pull_request(id=f"PR_{number}", title=f"Alpha good {number}") for number in range(8)))
    tally = team.analyse(make_settings(base_url=aimock_url))
    assert (tally.by_model, tally.failed, tally.requests) == (8, 0, 8)
    assert {row["summary"] for row in team.rows().values()} == {GOOD["summary"]}
