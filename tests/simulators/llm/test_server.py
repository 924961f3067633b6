"""The simulated model's server: its limits, its counts and its answers."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

import pytest

from simulators.llm.answers import classify, make_answer
from simulators.llm.arrivals import ArrivalLog, max_in_window
from simulators.llm.wording import bare_title, make_summary, third_person
from tasks.llm.prompt.answer_schema import parse_answer
from tasks.llm.prompt.prompt import make_prompt


def post(url: str, body: dict[str, Any]) -> tuple[int, dict[str, str], dict[str, Any]]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, {k.lower(): v for k, v in response.headers.items()}, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, json.load(error)


def chat_request(title: str = "Fix the importer") -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": title}], "max_completion_tokens": 100}


def test_an_answer_has_the_shape_of_a_chat_completion(model: Any) -> None:
    status, _, body = post(f"{model.url}/chat/completions", chat_request())
    assert (status, body["model"], body["object"]) == (200, "simulated", "chat.completion")
    assert json.loads(body["choices"][0]["message"]["content"])["work_type"] == "bugfix"
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"]


def test_it_keeps_its_limits_and_says_what_is_left(model: Any) -> None:
    model.simulator.rpm, model.simulator.tpm = 2, 10_000
    _, headers, _ = post(f"{model.url}/chat/completions", chat_request())
    assert headers["x-ratelimit-limit-tokens"] == "10000"
    assert 9_000 < int(headers["x-ratelimit-remaining-tokens"]) < 10_000
    statuses = [post(f"{model.url}/chat/completions", chat_request())[0] for _ in range(2)]
    assert statuses == [200, 429]
    assert model.stats() | {"max_tokens_in_a_minute": 0} == {
        "requests": 3,
        "answered": 2,
        "refused": 1,
        "max_requests_in_a_minute": 3,
        "max_tokens_in_a_minute": 0,
    }


def test_faults_can_be_ordered_over_http(model: Any) -> None:
    root = model.url.removesuffix("/v1")
    post(f"{root}/_simulator/faults", {"kind": "status", "status": 503, "times": 1})
    statuses = [post(f"{model.url}/chat/completions", chat_request())[0] for _ in range(2)]
    assert statuses == [503, 200]
    assert post(f"{root}/_simulator/faults", {})[0] == 400
    assert post(f"{root}/_simulator/faults", {"kind": "nonsense"})[0] == 400


@pytest.mark.slow
def test_as_a_command_it_says_where_it_listens() -> None:
    command = [sys.executable, "-m", "simulators.llm", "--port", "0", "--latency-max", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip().removeprefix("listening on ")
        assert post(f"{url}/chat/completions", chat_request())[0] == 200
        server.terminate()
        assert server.wait(timeout=60) is not None


def test_the_arrival_log_finds_the_fullest_minute() -> None:
    assert max_in_window([0, 1, 59.9, 60, 61, 200], [1] * 6) == 3
    assert max_in_window([0, 30, 61], [5, 7, 9]) == 16
    arrival_log = ArrivalLog()
    for at in (0, 10, 20, 61):
        arrival_log.add(at, 1)
    assert arrival_log.over(2) == 2
    assert arrival_log.in_last_minute(65) == (3, 3)


@pytest.mark.parametrize(
    ("title", "work_type", "summary"),
    [
        ("PAY-12: Show invoices in the app", "feature", "Shows invoices in the app."),
        ("fix(cart): filters reset on back", "bugfix", "Fixes a fault: filters reset on back."),
        ("Speed up the search", "performance", "Speeds up the search."),
        ("[api] Tidy the migration runner", "chore", "Tidies the migration runner."),
        ("docs: explain the cache", "docs", "Explains the cache."),
        ("Hotfix: deadlock in checkout", "bugfix", "Fixes a fault: deadlock in checkout."),
        ("CRM export times out", "bugfix", "Fixes a fault: CRM export times out."),
    ],
)
def test_answers_are_read_off_the_title(pull_request: Any, title: str, work_type: str, summary: str) -> None:
    prompt = make_prompt(pull_request(title=title, body="", files=()))
    found = classify(prompt.data)
    assert (found["work_type"], found["summary"]) == (work_type, summary)


def test_answers_are_the_same_every_time_and_pass_the_check(pull_request: Any) -> None:
    prompt = make_prompt(pull_request(body="Uses PostgreSQL. Written with GitHub Copilot."))
    first, second = (make_answer(prompt.messages(nonce)) for nonce in ("aa", "bb"))
    assert first == second
    checked = parse_answer(json.dumps(first), prompt.text())
    assert (checked.ai_level, checked.technologies) == ("assisted", ["PostgreSQL"])


def test_words() -> None:
    verbs = ["fix", "tidy", "add", "deploy", "push"]
    assert [third_person(verb) for verb in verbs] == ["Fixes", "Tidies", "Adds", "Deploys", "Pushes"]
    assert bare_title("PAY-1: fix(cart): Empty basket.") == "Empty basket"
    assert make_summary("", "", "chore") == "Tidies up: the project."
