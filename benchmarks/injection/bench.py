"""Forty texts that try to steer the answer, each in twenty pull requests: what changes, and what stops the rest.

    python -m benchmarks.injection [--obedience outside|anywhere ...] [--json]

Each pull request with a text in it is read twice, by the product's own client over HTTP: from a simulated model
that obeys, and from one that never does. A field of the stored row that differs was steered by the text; what
the text says of the change itself is in both. Exit code 1 if any field was steered.

Which layer stopped a text is found by adding our layers one after the other, in the order in which a text
meets them, until the model no longer obeys.
"""

import argparse
import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.progress import track

from benchmarks.injection.texts import PLACES, TEXTS, make_pull_requests, plant
from benchmarks.tables import Figures, show, to_markdown
from simulators.llm.answers import make_answer
from simulators.llm.obedience import Obedience, find_instructions, parse_messages
from simulators.llm.server import LlmSimulator, serve
from tasks.clock import seconds, wall_clock
from tasks.llm.errors import PullRequestFailed
from tasks.llm.prompt.prompt import BEGIN, END, encode_json, make_prompt
from tasks.llm.provider.rate_limiter import open_rate_limiter
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.rules.pull_request import PullRequest
from tasks.llm.rules.rules import apply_rules
from tasks.llm.rules.sanitise import remove_instructions, visible_text
from tasks.llm.run.candidates import Candidate, Versions
from tasks.llm.run.client import ModelClient
from tasks.llm.run.rows import RunContext, answer_row

FIELDS = (
    "work_type", "summary", "risk", "risk_reasons", "review_quality", "ai_level", "ai_tool", "ai_evidence",
    "technologies", "confidence", "is_bot", "is_revert", "is_hotfix", "size_bucket", "is_ai_reviewed", "languages",
)  # fmt: skip
NONCE = "0123456789abcdef"
_BEGIN, _END = BEGIN.format(nonce=NONCE), END.format(nonce=NONCE)

NOT_UNDERSTOOD = "not understood as an order"
HIDDEN = "hidden text taken out"
ORDERS = "orders taken out"
LENGTH = "length"
MARKS = "marks around JSON"
ESCAPES = "escaped marks"
CLOSED = "closed values: left unread"
QUOTE = "quote check"
RULES = "rules over the model"
NO_EFFECT = "obeyed, to no effect"
NOTHING = "nothing"

ABLATIONS = ("by marks alone", "without the list of orders")
"""What a model of the first obedience would still be stopped by, if layers were missing."""

Row = Mapping[str, Any] | None


@dataclass(frozen=True)
class Outcome:
    """What became of one text in one pull request. `steered` names the fields that it changed."""

    text: str
    place: str
    pull_request: int
    obedience: str
    stopped_by: str
    is_stopped_by_marks_alone: bool
    is_stopped_without_list: bool
    is_suspected: bool
    steered: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    text: str
    place: str
    pull_request: PullRequest


def make_cases(places: Sequence[str] = PLACES) -> Iterator[Case]:
    """Every text in every pull request, the place changing from one to the next."""
    for text_number, (name, text) in enumerate(TEXTS.items()):
        for number, pull_request in enumerate(make_pull_requests()):
            place = places[(text_number + number) % len(places)]
            yield Case(name, place, plant(pull_request, text, place))


async def read_rows(url: str, cases: Sequence[Case]) -> list[Row]:
    """The row that would be stored of each, by the product's own client; None where it is left unread."""
    settings = LlmSettings(
        _env_file=None, api_key=SecretStr("benchmark-key"), base_url=url, provider="simulated", model="simulated",
        rpm=1_000_000, guard_seconds=0.0, tpm=None, rpd=None, tpd=None,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as home:
        turn = asyncio.Semaphore(8)
        limiter = open_rate_limiter(settings, Path(home), clock=seconds, sleep=_at_once)
        try:
            async with ModelClient(settings, limiter, clock=seconds) as client:
                return await asyncio.gather(*(_read_row(client, turn, case.pull_request) for case in cases))
        finally:
            limiter.close()


async def _at_once(_seconds: float) -> None:
    """Nobody waits between two tries of a simulated model."""
    await asyncio.sleep(0)


async def _read_row(client: ModelClient, turn: asyncio.Semaphore, pull_request: PullRequest) -> Row:
    item = Candidate(pull_request, apply_rules(pull_request), make_prompt(pull_request), None)
    context = RunContext("benchmark", "benchmark", "simulated", Versions("simulated"), None)
    try:
        async with turn:
            reading = await client.complete(item.prompt)
    except PullRequestFailed:
        return None
    return answer_row(item, reading, context, wall_clock())


def read_by(obedience: Obedience, cases: Sequence[Case]) -> list[Row]:
    with serve(LlmSimulator(obedience=obedience)) as running:
        return asyncio.run(read_rows(running.url, cases))


def compare(obedience: Obedience, cases: Sequence[Case], straight: Sequence[Row]) -> list[Outcome]:
    """Each case by a model of that obedience, beside the rows of one that never obeys."""
    rows = read_by(obedience, cases)
    return [_outcome(case, obedience, *pair) for case, *pair in zip(cases, rows, straight, strict=True)]


def _outcome(case: Case, obedience: Obedience, row: Row, straight: Row) -> Outcome:
    if straight is None:
        raise SystemExit(f"the model that never obeys gave no answer on {case.text!r} in #{case.pull_request.number}")
    steered = () if row is None else tuple(name for name in FIELDS if row[name] != straight[name])
    raw = _raw(case.pull_request)
    return Outcome(
        text=case.text,
        place=case.place,
        pull_request=case.pull_request.number,
        obedience=obedience.value,
        stopped_by=NOTHING if steered else find_layer(case.pull_request, obedience),
        is_stopped_by_marks_alone=not _obeys(_marked(encode_json(raw)), obedience),
        is_stopped_without_list=not _obeys(_marked(encode_json(_visible(raw))), obedience),
        is_suspected=bool(straight["is_injection_suspected"]),
        steered=steered,
    )


def _marked(text: str) -> str:
    return f"{_BEGIN}\n{text}\n{_END}"


def find_layer(pull_request: PullRequest, obedience: Obedience) -> str:
    """The first layer after which the model no longer obeys."""
    for name, content in _with_more_and_more_layers(pull_request):
        if not _obeys(content, obedience):
            return name
    return _layer_behind_the_answer(pull_request, obedience)


def _with_more_and_more_layers(pull_request: PullRequest) -> Iterator[tuple[str, str]]:
    """What the model would be sent with the layers up to each one, and the name of that one."""
    raw, sent = _raw(pull_request), make_prompt(pull_request)
    yield NOT_UNDERSTOOD, _bare(raw)
    visible = _visible(raw)
    yield HIDDEN, _bare(visible)
    yield ORDERS, _bare({name: _each(value, remove_instructions) for name, value in visible.items()})
    yield LENGTH, _bare(sent.data)
    yield MARKS, _marked(json.dumps(sent.data, ensure_ascii=False))
    yield ESCAPES, sent.wrapped(NONCE)


def _raw(pull_request: PullRequest) -> dict[str, Any]:
    return {
        "title": pull_request.title,
        "branch": pull_request.head_ref,
        "labels": list(pull_request.labels),
        "files": [file.path for file in pull_request.files],
        "commits": [commit.headline for commit in pull_request.commits],
        "body": pull_request.body,
    }


def _visible(raw: dict[str, Any]) -> dict[str, Any]:
    return {name: _each(value, visible_text) for name, value in raw.items()}


def _each(value: Any, change: Any) -> Any:
    return [change(each) for each in value] if isinstance(value, list) else change(value)


def _bare(data: Mapping[str, Any]) -> str:
    """As a prompt without marks would give it: text among text."""
    lines = (value if isinstance(value, str) else "\n".join(map(str, value)) for value in _listed(data.values()))
    return "The pull request:\n" + "\n".join(lines)


def _listed(values: Iterable[Any]) -> Iterator[Any]:
    return (value if isinstance(value, str | list) else str(value) for value in values)


def _obeys(content: str, obedience: Obedience) -> bool:
    return bool(find_instructions(parse_messages([{"role": "user", "content": content}]), obedience))


def _layer_behind_the_answer(pull_request: PullRequest, obedience: Obedience) -> str:
    """It was obeyed, and yet no field differs: what is asked of an answer stopped it."""
    messages = [{"role": "user", "content": make_prompt(pull_request).wrapped(NONCE)}]
    given, straight = make_answer(messages, obedience), make_answer(messages, Obedience.NEVER)
    changed = {name for name in straight if given[name] != straight[name]}
    rules = apply_rules(pull_request)
    if not changed:
        return NO_EFFECT
    if changed == {"ai_level"}:
        return RULES if rules.evidence else QUOTE
    return RULES if changed == {"work_type"} and rules.work_type else CLOSED


def draw_texts(outcomes: Sequence[Outcome]) -> Figures:
    """One row per text; in how many pull requests each layer stopped it, by obedience."""
    modes = list(dict.fromkeys(outcome.obedience for outcome in outcomes))
    columns = ("text", *(f"obeys {mode}: stopped by" for mode in modes), *ABLATIONS, "flagged", "fields steered")
    return Figures("Texts", columns, [_text_row(text, modes, outcomes) for text in TEXTS])


def _text_row(text: str, modes: Sequence[str], outcomes: Sequence[Outcome]) -> list[str]:
    mine = [outcome for outcome in outcomes if outcome.text == text]
    layers = [Counter(one.stopped_by for one in mine if one.obedience == mode).most_common() for mode in modes]
    first = [one for one in mine if one.obedience == modes[0]]
    return [
        text,
        *(", ".join(f"{name} {count}" for name, count in each) for each in layers),
        f"{sum(one.is_stopped_by_marks_alone for one in first)} of {len(first)}",
        f"{sum(one.is_stopped_without_list for one in first)} of {len(first)}",
        f"{sum(one.is_suspected for one in first)} of {len(first)}",
        str(sum(len(one.steered) for one in mine)),
    ]


def draw_layers(outcomes: Sequence[Outcome]) -> Figures:
    modes = list(dict.fromkeys(outcome.obedience for outcome in outcomes))
    counts = Counter((outcome.stopped_by, outcome.obedience) for outcome in outcomes)
    layers = (NOT_UNDERSTOOD, HIDDEN, ORDERS, LENGTH, MARKS, ESCAPES, QUOTE, RULES, CLOSED, NO_EFFECT, NOTHING)
    rows = [[layer, *(str(counts[layer, mode]) for mode in modes)] for layer in layers]
    return Figures("Layers", ("stopped by", *(f"obeys {mode}" for mode in modes)), rows)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = [Obedience.OUTSIDE.value, Obedience.ANYWHERE.value]
    options.add_argument("--obedience", nargs="+", choices=modes, default=modes, help="which models to ask")
    options.add_argument("--json", action="store_true", help="every outcome as JSON on standard output")
    options.add_argument("--markdown", action="store_true", help="tables as docs/llm-safety.md keeps them")
    chosen = options.parse_args()
    cases, console = list(make_cases()), Console(stderr=True)
    outcomes: list[Outcome] = []
    straight = read_by(Obedience.NEVER, cases)
    for mode in track(chosen.obedience, "Reading", console=console, transient=True):
        outcomes += compare(Obedience(mode), cases, straight)
    steered = [outcome for outcome in outcomes if outcome.steered]
    if chosen.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes], indent=2))
    else:
        for figures in (draw_texts(outcomes), draw_layers(outcomes)):
            print(to_markdown(figures)) if chosen.markdown else show(Console(), figures)
        print(f"{len(outcomes)} readings, {len(steered)} with a field steered.")
    raise SystemExit(1 if steered else 0)
