"""The client against a server that nobody here wrote: @copilotkit/aimock, from npm."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tasks.llm.errors import AnswerRefused, AnswerUnusable, KeyRefused, LlmError, ModelUnknown, QuotaReached

pytestmark = pytest.mark.slow

PACKAGE = "@copilotkit/aimock@1.43.0"
# Kept between runs: fetching it takes longer than the tests.
CACHE = Path(tempfile.gettempdir()) / f"prflow-aimock-1.43.0-{os.getuid()}"
GOOD = {
    "summary": "Skips empty lines.", "work_type": "bugfix", "risk": "low", "risk_reasons": [],
    "review_quality": "not_given", "ai_level": "none", "ai_evidence": "", "technologies": [], "confidence": "high",
}  # fmt: skip
# What the user message holds, and what the server does about it. "Alpha ..." are the titles that tests give.
SERVER = """
import { LLMock } from "@copilotkit/aimock";
const good = process.env.GOOD_ANSWER;
const error = (status, code, extra = {}) => ({ status, error: { message: code, type: code, code }, ...extra });
const usage = { prompt_tokens: 700, completion_tokens: 90, total_tokens: 790 };
const mock = new LLMock({ port: 0, host: "127.0.0.1" });
mock.onMessage(/Alpha good/, { content: good, usage });
mock.onMessage(/Alpha broken/, { content: good.slice(0, 40) });
mock.onMessage(/Alpha value/, { content: good.replace("bugfix", "bug") });
mock.onMessage(/Alpha truncated/, { content: good.slice(0, 40), finishReason: "length" });
mock.onMessage(/Alpha filtered/, { content: "", finishReason: "content_filter" });
mock.onMessage(/Alpha malformed/, { content: good }, { chaos: { malformedRate: 1 } });
mock.onMessage(/Alpha dropped/, { content: good }, { chaos: { disconnectRate: 1 } });
for (const [name, status, code] of [["key", 401, "invalid_api_key"], ["model", 404, "model_not_found"],
    ["credit", 402, "payment_required"], ["internal", 500, "server_error"], ["unavailable", 503, "overloaded"],
    ["validate", 400, "json_validate_failed"]])
  mock.onMessage(new RegExp(`Alpha ${name}`), error(status, code));
await mock.start();
console.log(mock.url);
"""


@pytest.fixture(scope="module")
def aimock() -> Iterator[str]:
    """Base URL of the server; skips where npm or the registry is not there."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("npm and node are not installed: the test against aimock needs them")
    if not CACHE.exists():
        _fetch_package()
    script = CACHE / "server.mjs"
    script.write_text(SERVER)
    with subprocess.Popen(
        ["node", str(script)], stdout=subprocess.PIPE, text=True, env={**os.environ, "GOOD_ANSWER": json.dumps(GOOD)}
    ) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        yield f"{url}/v1"
        server.kill()


def _fetch_package() -> None:
    """Installed elsewhere and then renamed: a fetch that was cut off, or one beside it, leaves nothing half done."""
    with tempfile.TemporaryDirectory(dir=CACHE.parent) as folder:
        install = ["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
        done = subprocess.run(install, capture_output=True, text=True, timeout=240, check=False)
        if done.returncode:
            pytest.skip(f"npm could not fetch {PACKAGE}: {done.stderr.strip().splitlines()[-1:]}")
        whole = Path(folder).rename(Path(folder).with_suffix(".whole"))
        with suppress(OSError):  # another run was quicker: its copy is as good
            whole.rename(CACHE)
        Path(folder).mkdir()


@pytest.fixture
def ask_aimock(ask: Any, aimock: str, pull_request: Any) -> Any:
    return lambda name: ask(pull_request(title=f"Alpha {name}"), base_url=aimock)


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
    [("key", KeyRefused), ("model", ModelUnknown), ("credit", QuotaReached), ("filtered", AnswerRefused)],
)
def test_what_another_try_cannot_help_is_not_tried(ask_aimock: Any, name: str, error: type[LlmError]) -> None:
    with pytest.raises(error):
        ask_aimock(name)


def test_a_whole_run_works_against_it(team: Any, aimock: str, pull_request: Any, make_settings: Any) -> None:
    team.store(*(pull_request(id=f"PR_{number}", title=f"Alpha good {number}") for number in range(8)))
    tally = team.read(make_settings(base_url=aimock))
    assert (tally.by_model, tally.failed, tally.requests) == (8, 0, 8)
    assert {row["summary"] for row in team.rows().values()} == {GOOD["summary"]}
