"""Try forty prompt injections in twenty pull requests each, and show which layer of defence stops them.

Each pull request with an injection is analysed twice, by the product's own client over HTTP: with a simulated model
that follows instructions, and with one that never does. A field of the stored row that differs was steered by the
injection; what the text says about the change itself is in both.

Which layer stopped an injection is found by adding our layers one by one, in the order in which a text passes them,
until the model no longer follows it.
"""

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
from benchmarks.options import add_json, add_markdown, make_parser
from benchmarks.tables import Figures, print_figures, to_markdown
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
from tasks.llm.run.analysis_rows import RunContext, answer_row
from tasks.llm.run.candidates import Candidate, Versions
from tasks.llm.run.model_client import ModelClient

FIELDS = (
    "work_type",
    "summary",
    "risk",
    "risk_reasons",
    "review_quality",
    "ai_level",
    "ai_tool",
    "ai_evidence",
    "technologies",
    "confidence",
    "is_bot",
    "is_revert",
    "is_hotfix",
    "size_bucket",
    "is_ai_reviewed",
    "languages",
)
NONCE = "0123456789abcdef"
_BEGIN, _END = BEGIN.format(nonce=NONCE), END.format(nonce=NONCE)

NOT_RECOGNISED = "not an instruction"
HIDDEN = "hidden text removed"
INSTRUCTIONS = "instructions removed"
LENGTH = "length"
MARKS = "marks around JSON"
ESCAPES = "escaped marks"
CLOSED = "closed values: no answer"
QUOTE = "quote check"
RULES = "rules over the model"
NO_EFFECT = "followed without effect"
NOTHING = "nothing"

ABLATIONS = ("by marks alone", "without the pattern list")
"""Defences that would still stop a model of the first obedience if other layers were missing."""

Row = Mapping[str, Any] | None


@dataclass(frozen=True)
class InjectionOutcome:
    """InjectionOutcome of one injection in one pull request. `steered` names the fields that it changed."""

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
class InjectionCase:
    text: str
    place: str
    pull_request: PullRequest


def make_cases(places: Sequence[str] = PLACES) -> Iterator[InjectionCase]:
    """Yield every injection in every pull request, each time in another place."""
    for text_number, (name, text) in enumerate(TEXTS.items()):
        for number, pull_request in enumerate(make_pull_requests()):
            place = places[(text_number + number) % len(places)]
            yield InjectionCase(name, place, plant(pull_request, text, place))


async def make_rows(url: str, cases: Sequence[InjectionCase]) -> list[Row]:
    """Make the row that would be stored for each case, with the product's own client; None if it fails."""
    settings = LlmSettings(
        _env_file=None,
        api_key=SecretStr("benchmark-key"),
        base_url=url,
        provider="simulated",
        model="simulated",
        rpm=1_000_000,
        guard_seconds=0.0,
        tpm=None,
        rpd=None,
        tpd=None,
    )
    with tempfile.TemporaryDirectory() as home:
        turn = asyncio.Semaphore(8)
        limiter = open_rate_limiter(settings, Path(home), clock=seconds, sleep=_do_not_wait)
        try:
            async with ModelClient(settings, limiter, clock=seconds) as client:
                return await asyncio.gather(*(_make_row(client, turn, case.pull_request) for case in cases))
        finally:
            limiter.close()


async def _do_not_wait(_seconds: float) -> None:
    """Return immediately: the simulated model needs no pause between attempts."""
    await asyncio.sleep(0)


async def _make_row(client: ModelClient, turn: asyncio.Semaphore, pull_request: PullRequest) -> Row:
    candidate = Candidate(pull_request, apply_rules(pull_request), make_prompt(pull_request), None)
    context = RunContext("benchmark", "benchmark", "simulated", Versions("simulated"), None)
    try:
        async with turn:
            completion = await client.complete(candidate.prompt)
    except PullRequestFailed:
        return None
    return answer_row(candidate, completion, context, wall_clock())


def make_rows_by(obedience: Obedience, cases: Sequence[InjectionCase]) -> list[Row]:
    with serve(LlmSimulator(obedience=obedience)) as running:
        return asyncio.run(make_rows(running.url, cases))


def analyse_cases(
    obedience: Obedience, cases: Sequence[InjectionCase], straight: Sequence[Row]
) -> list[InjectionOutcome]:
    """Analyse each case with a model of that obedience, and compare with the rows of one that never follows."""
    rows = make_rows_by(obedience, cases)
    return [_outcome(case, obedience, *pair) for case, *pair in zip(cases, rows, straight, strict=True)]


def _outcome(case: InjectionCase, obedience: Obedience, row: Row, straight: Row) -> InjectionOutcome:
    if straight is None:
        raise SystemExit(
            f"The model that follows no instructions failed on {case.text!r} in #{case.pull_request.number}."
        )
    steered = () if row is None else tuple(name for name in FIELDS if row[name] != straight[name])
    raw = _raw(case.pull_request)
    return InjectionOutcome(
        text=case.text,
        place=case.place,
        pull_request=case.pull_request.number,
        obedience=obedience.value,
        stopped_by=NOTHING if steered else find_layer(case.pull_request, obedience),
        is_stopped_by_marks_alone=not _follows(_marked(encode_json(raw)), obedience),
        is_stopped_without_list=not _follows(_marked(encode_json(_visible(raw))), obedience),
        is_suspected=bool(straight["is_injection_suspected"]),
        steered=steered,
    )


def _marked(text: str) -> str:
    return f"{_BEGIN}\n{text}\n{_END}"


def find_layer(pull_request: PullRequest, obedience: Obedience) -> str:
    """Return the first layer with which the model no longer follows the injection."""
    for name, content in _with_each_layer(pull_request):
        if not _follows(content, obedience):
            return name
    return _find_layer_after_answer(pull_request, obedience)


def _with_each_layer(pull_request: PullRequest) -> Iterator[tuple[str, str]]:
    """Yield each layer with what would be sent to the model with all layers up to it."""
    raw, sent = _raw(pull_request), make_prompt(pull_request)
    yield NOT_RECOGNISED, _bare(raw)
    visible = _visible(raw)
    yield HIDDEN, _bare(visible)
    yield INSTRUCTIONS, _bare({name: _each(value, remove_instructions) for name, value in visible.items()})
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
    """Make a prompt without marks: text among text."""
    lines = (value if isinstance(value, str) else "\n".join(map(str, value)) for value in _listed(data.values()))
    return "The pull request:\n" + "\n".join(lines)


def _listed(values: Iterable[Any]) -> Iterator[Any]:
    return (value if isinstance(value, str | list) else str(value) for value in values)


def _follows(content: str, obedience: Obedience) -> bool:
    return bool(find_instructions(parse_messages([{"role": "user", "content": content}]), obedience))


def _find_layer_after_answer(pull_request: PullRequest, obedience: Obedience) -> str:
    """Return the layer behind the answer that stopped an injection which the model followed."""
    messages = [{"role": "user", "content": make_prompt(pull_request).wrapped(NONCE)}]
    given, straight = make_answer(messages, obedience), make_answer(messages, Obedience.NEVER)
    changed = {name for name in straight if given[name] != straight[name]}
    rules = apply_rules(pull_request)
    if not changed:
        return NO_EFFECT
    if changed == {"ai_level"}:
        return RULES if rules.evidence else QUOTE
    return RULES if changed == {"work_type"} and rules.work_type else CLOSED


def draw_texts(outcomes: Sequence[InjectionOutcome]) -> Figures:
    """Make one row per injection: in how many pull requests each layer stopped it, by obedience."""
    modes = list(dict.fromkeys(outcome.obedience for outcome in outcomes))
    columns = ("text", *(f"follows {mode}: stopped by" for mode in modes), *ABLATIONS, "flagged", "fields steered")
    return Figures("Texts", columns, [_text_row(text, modes, outcomes) for text in TEXTS])


def _text_row(text: str, modes: Sequence[str], outcomes: Sequence[InjectionOutcome]) -> list[str]:
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


def draw_layers(outcomes: Sequence[InjectionOutcome]) -> Figures:
    modes = list(dict.fromkeys(outcome.obedience for outcome in outcomes))
    counts = Counter((outcome.stopped_by, outcome.obedience) for outcome in outcomes)
    layers = (NOT_RECOGNISED, HIDDEN, INSTRUCTIONS, LENGTH, MARKS, ESCAPES, QUOTE, RULES, CLOSED, NO_EFFECT, NOTHING)
    rows = [[layer, *(str(counts[layer, mode]) for mode in modes)] for layer in layers]
    return Figures("Layers", ("stopped by", *(f"follows {mode}" for mode in modes)), rows)


def main() -> None:
    options = make_parser(
        "injection",
        "Try forty prompt injections in twenty pull requests each, and show which layer of defence stops them; "
        "exit code 1 if a field was steered.",
    )
    modes = [Obedience.OUTSIDE.value, Obedience.ANYWHERE.value]
    options.add_argument(
        "--obedience",
        nargs="+",
        choices=modes,
        default=modes,
        help="simulated models: one that follows instructions outside of the marked data, one that follows any",
    )
    add_json(options)
    add_markdown(options, "docs/llm-safety.md")
    chosen = options.parse_args()
    cases, console = list(make_cases()), Console(stderr=True)
    outcomes: list[InjectionOutcome] = []
    straight = make_rows_by(Obedience.NEVER, cases)
    for mode in track(chosen.obedience, "Analysing", console=console, transient=True):
        outcomes += analyse_cases(Obedience(mode), cases, straight)
    steered = [outcome for outcome in outcomes if outcome.steered]
    if chosen.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes], indent=2))
    else:
        for figures in (draw_texts(outcomes), draw_layers(outcomes)):
            print(to_markdown(figures)) if chosen.markdown else print_figures(Console(), figures)
        print(f"{len(outcomes)} analyses, {len(steered)} with a steered field.")
    raise SystemExit(1 if steered else 0)
