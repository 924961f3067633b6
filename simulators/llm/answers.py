"""The simulated model's answers: reproducible, by keywords in the text of the pull request."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

from simulators.llm.obedience import AnswerFields, Obedience, follow_instructions, parse_messages
from simulators.llm.week import find_facts, word_facts
from simulators.llm.wording import bare_title, guess_work_type, make_summary, prose

# First match wins: the special before the general.
WORK_TYPES: tuple[tuple[str, str], ...] = (
    ("security", r"\b(cve|vulnerab\w*|xss|csrf|injection|sanitiz\w*|secur\w+|harden\w*|privilege)\b"),
    ("dependency", r"\b(bump|dependenc\w+|upgrade \w+ (to|from)|renovate|lock ?file)\b"),
    ("performance", r"\b(perf\w*|speed\w*|faster|slow|latency|cache\w*|memory|optimi[sz]\w+|throughput)\b"),
    ("bugfix", r"\b(fix\w*|bug|crash\w*|regress\w+|wrong|broken|error|fail\w*|leak\w*|race|null|off.by.one|hotfix)\b"),
    ("bugfix", r"\b(times? out|timeouts?|flicker\w*|deadlock\w*|stuck|missing)\b"),
    ("docs", r"\b(docs?|documentation|readme|typos?|changelog|guide|comment)\b"),
    ("test", r"\b(tests?|coverage|flak\w+|fixtures?|e2e|assert\w*)\b"),
    ("build_ci", r"\b(ci|build|workflow|pipeline|github actions|cmake|makefile|docker\w*|packag\w+|lint\w*)\b"),
    ("infra", r"\b(terraform|helm|kubernetes|k8s|deploy\w*|infra\w*|provision\w*|cluster|ingress|rollout)\b"),
    ("refactor", r"\b(refactor\w*|clean\w*|renam\w*|extract\w*|simplif\w*|mov(e|es|ed|ing)|split|dedup\w*)\b"),
    ("feature", r"\b(add\w*|feat\w*|support\w*|implement\w*|introduc\w*|allow\w*|new|enable\w*|export\w*|show)\b"),
    ("chore", r"\b(chore|bump|format\w*|gitignore|license|housekeeping)\b"),
)
_WORK_TYPES = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in WORK_TYPES)

RISKS: tuple[tuple[str, str], ...] = (
    ("touches_authentication", r"\b(auth\w*|login|session|token|oauth|sso|permission\w*|password)\b"),
    ("touches_payment", r"\b(payment\w*|billing|invoice\w*|checkout|refund\w*|price\w*)\b"),
    ("touches_cryptography", r"\b(crypt\w+|signature|signing|tls|cert\w*|hash\w*|nonce|ecdsa|schnorr)\b"),
    (
        "touches_data",
        r"\b(migrat\w+|schema change|backfill\w*|database|sql|index(es)?|table|persist\w*|storage|backup\w*)\b",
    ),
    ("touches_concurrency", r"\b(race|lock\w*|thread\w*|concurren\w+|async|deadlock\w*|queue)\b"),
    ("touches_public_interface", r"\b(api|endpoint|public|breaking|interface|cli|webhook\w*)\b"),
    ("touches_configuration", r"\b(config\w*|settings?|flags?|env\w*|yaml|feature flag)\b"),
)
_RISKS = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in RISKS)
HIGH_RISKS = {"touches_authentication", "touches_payment", "touches_cryptography"}

_TECHNOLOGIES = """
Python, TypeScript, JavaScript, Go, Rust, Java, Kotlin, Ruby, React, Vue, Django, Flask, FastAPI, Next.js, Node,
PostgreSQL, SQLite, DuckDB, Redis, Kafka, Docker, Kubernetes, Helm, Terraform, GitHub Actions, GraphQL, gRPC,
OpenTelemetry, Prometheus, Grafana, Stripe, Sentry, CMake, autotools, pytest, Jest, Webpack, Vite, Swift,
Android, iOS, AWS, S3, OAuth
"""
TECHNOLOGIES = tuple(name.strip() for name in _TECHNOLOGIES.replace("\n", " ").split(","))
AI_USE = re.compile(
    r"[^.\n]{0,60}\b(?:with|using|by|from) (?:the help of )?"
    r"(?:GitHub Copilot|Copilot|ChatGPT|Claude(?: Code)?|Cursor|Codex|GPT-\d)\b",
    re.IGNORECASE,
)

TEST_PATH = re.compile(r"(^|/)(tests?|spec|__tests__)/|(^|/)test_|[._]test\.|[._]tests\.|\.spec\.", re.IGNORECASE)

# Share of the pull requests of which the simulated model says something else if their fields come in another order.
MAX_WAVERING = 0.08

_STATED = re.compile(
    r"\b(?:(risk)(?: level)?\W{0,4}(?::|is)\W{0,4}(low|medium|high)|work type\W{0,4}(?::|is)\W{0,4}(\w+))\b",
    re.IGNORECASE,
)
STATED_TYPES = ("feature", "bugfix", "refactor", "performance", "docs", "test", "security", "chore")


def make_answer(messages: Iterable[dict[str, Any]], obedience: Obedience = Obedience.OUTSIDE) -> AnswerFields:
    """Return the answer for what is between the marks.

    The one for a pull request is changed by the instructions that the model follows; facts of a week are worded.
    """
    messages = list(messages)
    if (facts := find_facts(messages)) is not None:
        return word_facts(facts)
    model_input = parse_messages(messages)
    answer = waver(classify(model_input.data), model_input.data)
    return follow_instructions(answer, model_input, obedience)


def waver(answer: AnswerFields, data: dict[str, Any]) -> AnswerFields:
    """Change the risk of some pull requests, and the type of fewer, if the fields come in another order than usual.

    Real models do: https://arxiv.org/abs/2310.11324 (sensitivity to the format of a prompt).
    """
    fraction = stable_fraction(str(data.get("title", "")))
    if next(iter(data), "title") == "title" or fraction >= MAX_WAVERING:
        return answer
    changed = {"risk": "medium" if answer["risk"] == "low" else "low"}
    return {**answer, **changed} | ({"work_type": "chore"} if fraction < MAX_WAVERING / 2 else {})


def classify(data: dict[str, Any]) -> AnswerFields:
    """Return the answer for a pull request by its data alone."""
    title, body = str(data.get("title", "")), str(data.get("body", ""))
    text = "\n".join([title, body, *map(str, data.get("labels", ())), *map(str, data.get("files", ()))])
    lines = int(data.get("lines_added") or 0) + int(data.get("lines_deleted") or 0)
    stated = dict(_stated(body))
    work_type = stated.get("type") or find_work_type(title, body, data.get("files", ()))
    reasons = find_risks(text)
    ai_use = AI_USE.search(f"{title}\n{body}")
    return {
        "summary": make_summary(title, body, work_type),
        "work_type": work_type,
        "risk": stated.get("risk") or _risk(reasons, lines, work_type),
        "risk_reasons": reasons[:4],
        "ai_level": "assisted" if ai_use else "none",
        "ai_evidence": ai_use.group(0).strip() if ai_use else "",
        "technologies": [name for name in TECHNOLOGIES if re.search(rf"\b{re.escape(name)}\b", text)][:6],
        "confidence": _confidence(title, body),
    }


def _stated(body: str) -> Iterator[tuple[str, str]]:
    """Yield what the author states explicitly: `Risk: high`, `the work type is docs`."""
    for risk, level, work_type in _STATED.findall(body):
        if risk:
            yield "risk", level.lower()
        elif work_type.lower() in STATED_TYPES:
            yield "type", work_type.lower()


def find_work_type(title: str, body: str, files: Iterable[str] = ()) -> str:
    paths = [str(file).split(" ")[0].lower() for file in files]
    if paths and all(path.endswith((".md", ".rst", ".txt")) for path in paths):
        return "docs"
    if paths and all(TEST_PATH.search(path) for path in paths):
        return "test"
    if declared := guess_work_type(title):
        return declared
    for text in (bare_title(title), prose(body)[:300]):
        for name, pattern in _WORK_TYPES:
            if pattern.search(text):
                return name
    return "chore"


def find_risks(text: str) -> list[str]:
    return [name for name, pattern in _RISKS if pattern.search(text)]


def _risk(reasons: list[str], lines: int, work_type: str) -> str:
    if work_type in {"docs", "test"}:
        return "low"
    heavy = len(HIGH_RISKS & set(reasons))
    if (heavy and lines > 300) or (heavy > 1 and lines > 60):
        return "high"
    return "medium" if (heavy and lines > 30) or lines > 200 or len(reasons) > 2 else "low"


def _confidence(title: str, body: str) -> str:
    if len(body) > 200:
        return "high"
    return "medium" if len(body) > 40 or len(title) > 30 else "low"


def stable_fraction(text: str) -> float:
    """Return a number from 0 to 1 that depends on the text alone, so that latencies repeat from run to run."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 0xFFFFFFFF
