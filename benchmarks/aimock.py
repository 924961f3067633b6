"""Run @copilotkit/aimock from npm: an independent mock of a model provider, for tests and `benchmarks.replies`."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGE = "@copilotkit/aimock@1.43.0"
# Kept between runs, since installing it takes longer than using it.
CACHE = Path(tempfile.gettempdir()) / f"prflow-aimock-1.43.0-{os.getuid()}"
GOOD = {
    "summary": "Skips empty lines.",
    "work_type": "bugfix",
    "risk": "low",
    "risk_reasons": [],
    "ai_level": "none",
    "ai_evidence": "",
    "technologies": [],
    "confidence": "high",
}
# Responses by the text of the user message: "Alpha ..." are titles of pull requests.
SERVER = """
import { LLMock } from "@copilotkit/aimock";
const good = process.env.GOOD_ANSWER;
const error = (status, code, extra = {}) => ({ status, error: { message: code, type: code, code }, ...extra });
const usage = { prompt_tokens: 700, completion_tokens: 90, total_tokens: 790 };
const mock = new LLMock({ port: 0, host: "127.0.0.1" });
mock.onMessage(/Alpha good/, { content: good, usage });
mock.onMessage(/Alpha fenced/, { content: "```json\\n" + good + "\\n```" });
mock.onMessage(/Alpha broken/, { content: good.slice(0, 40) });
mock.onMessage(/Alpha value/, { content: good.replace("bugfix", "bug") });
mock.onMessage(/Alpha field/, { content: good.replace('"risk"', '"peril"') });
mock.onMessage(/Alpha words/, { content: "This pull request skips empty lines." });
mock.onMessage(/Alpha truncated/, { content: good.slice(0, 40), finishReason: "length" });
mock.onMessage(/Alpha filtered/, { content: "", finishReason: "content_filter" });
mock.onMessage(/Alpha empty/, { content: "" });
mock.onMessage(/Alpha malformed/, { content: good }, { chaos: { malformedRate: 1 } });
mock.onMessage(/Alpha dropped/, { content: good }, { chaos: { disconnectRate: 1 } });
mock.onMessage(/Alpha slow/, { content: good }, { chaos: { latencyMs: 10000 } });
mock.onMessage(/Alpha limited/, error(429, "rate_limit_exceeded", { retryAfter: 7 }));
mock.onMessage(/Alpha long_wait/, error(429, "rate_limit_exceeded", { retryAfter: 3600 }));
for (const [name, status, code] of [["key", 401, "invalid_api_key"], ["forbidden", 403, "forbidden"],
    ["model", 404, "model_not_found"], ["credit", 402, "payment_required"], ["too_long", 413, "request_too_large"],
    ["context", 400, "context_length_exceeded"], ["validate", 400, "json_validate_failed"],
    ["format", 400, "response_format is not supported"], ["s408", 408, "timeout"], ["s409", 409, "conflict"],
    ["s425", 425, "too_early"], ["s498", 498, "capacity"], ["internal", 500, "server_error"],
    ["bad_gateway", 502, "bad_gateway"], ["unavailable", 503, "overloaded"]])
  mock.onMessage(new RegExp(`Alpha ${name}`), error(status, code));
await mock.start();
console.log(mock.url);
"""


class AimockMissing(Exception):
    """npm, node or the package is not available; the message says which."""


@contextmanager
def aimock() -> Iterator[str]:
    """Run the server in SERVER and yield its base URL; AimockMissing if it is not available."""
    _install()
    script = CACHE / "server.mjs"
    script.write_text(SERVER)
    environment = {**os.environ, "GOOD_ANSWER": json.dumps(GOOD)}
    with subprocess.Popen(["node", str(script)], stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            yield f"{server.stdout.readline().strip() if server.stdout else ''}/v1"
        finally:
            server.kill()


def _install() -> None:
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise AimockMissing("npm or node is not installed; aimock needs both")
    if CACHE.exists():
        return
    # Install into another folder and rename it, so that an interrupted or concurrent run leaves nothing half done.
    folder = Path(tempfile.mkdtemp(dir=CACHE.parent))
    install = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
    done = subprocess.run(install, capture_output=True, text=True, timeout=240, check=False)
    if done.returncode:
        shutil.rmtree(folder)
        raise AimockMissing(f"npm could not install {PACKAGE}: {done.stderr.strip().splitlines()[-1:]}")
    try:
        folder.rename(CACHE)
    except OSError:  # a concurrent run was faster; its copy is just as good
        shutil.rmtree(folder)
