"""The check sends one request and describes what works or what is wrong."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from simulators.llm.faults import Fault, FaultKind
from tasks.llm.provider.model_list import find_shutdown
from tasks.llm.run.model_check import ModelCheck, check_model


@pytest.fixture
def check(tmp_path: Path, make_settings: Any) -> Any:
    def run(**changes: Any) -> ModelCheck:
        settings = make_settings(**changes)
        return asyncio.run(check_model(settings, tmp_path, clock=time.time, sleep=asyncio.sleep))

    return run


def test_what_works_is_said_with_model_latency_format_price_and_limits(model: Any, check: Any) -> None:
    model.simulator.tpm, model.simulator.rpd = 50_000, 1_000
    found = check(model="openai/gpt-oss-120b")
    assert (found.fault, found.answered_as, found.answer_format) == (None, "simulated", "json_schema")
    assert found.latency_ms is not None
    assert found.price.completion == 0.60
    assert (found.requests_left.limit, found.tokens_left.limit) == (1_000, 50_000)
    assert model.stats()["requests"] == 1


def test_a_date_on_which_the_model_is_shut_down_is_a_warning(model: Any, check: Any) -> None:
    assert check().warning is None
    model.simulator.shutdown_date = "2027-01-14"
    found = check()
    assert found.fault is None
    assert "shuts some-model down on 2027-01-14" in found.warning


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"data": [{"id": "m", "shutdown_date": "2027-01-14"}]}', "2027-01-14"),
        ('{"data": [{"id": "m", "expiration_date": "2027-01-14T00:00:00Z"}]}', "2027-01-14"),
        ('{"data": [{"id": "m", "active": false}]}', "no longer active"),
        ('{"data": [{"id": "m", "shutdown_date": "soon"}]}', None),
        ('{"data": [{"id": "other", "shutdown_date": "2027-01-14"}]}', None),
        ('{"data": "none"}', None),
        ("<html>", None),
    ],
)
def test_a_list_of_models_is_read_with_care(body: str, words: str | None) -> None:
    found = find_shutdown(body, "m")
    assert (found is None) if words is None else (words in (found or ""))


@pytest.mark.parametrize(
    ("fault", "name", "words"),
    [
        (Fault(FaultKind.KEY_REVOKED), "key_refused", "refused the key"),
        (Fault(FaultKind.UNKNOWN_MODEL), "unknown_model", "does not know the model"),
        (Fault(FaultKind.UNSUPPORTED), "no_format", "does not support this answer format"),
        (Fault(FaultKind.RATE_LIMITED, retry_after="7"), "rate_limited", "in 7 s"),
        (Fault(FaultKind.DAILY_QUOTA), "quota", "daily quota"),
        (Fault(FaultKind.NO_CREDIT), "quota", "no credit"),
        (Fault(FaultKind.STATUS, status=503), "unreachable", "HTTP 503"),
        (Fault(FaultKind.HTML), "unusable_answer", "not a chat completion"),
        (Fault(FaultKind.UNKNOWN_VALUE), "unusable_answer", "work_type"),
        (Fault(FaultKind.REDIRECT), "settings", "redirects to another address"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_said_after_one_call(model: Any, check: Any, fault: Fault, name: str, words: str) -> None:
    model.faults.append(fault)
    found = check()
    assert (found.fault, found.is_usable) == (name, False)
    assert words in found.message
    assert found.hint
    assert model.stats()["requests"] == 1


def test_a_server_that_is_not_there_is_unreachable(check: Any) -> None:
    assert check(base_url="http://127.0.0.1:9/v1").fault == "unreachable"


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"api_key": SecretStr("")}, "no_key", "GROQ_API_KEY is not set"),
        ({"provider": "qroq"}, "settings", "PRFLOW_LLM_PROVIDER"),
        ({"base_url": "", "provider": "custom"}, "settings", "PRFLOW_LLM_BASE_URL"),
        ({"max_cost_usd": 1.0, "model": "of-unknown-price"}, "settings", "PRFLOW_LLM_PRICE_PROMPT_USD"),
    ],
)
def test_settings_that_cannot_work_are_said_without_a_call(
    model: Any, check: Any, changes: dict[str, Any], name: str, words: str
) -> None:
    found = check(**changes)
    assert (found.fault, words in found.message) == (name, True)
    assert model.stats()["requests"] == 0
