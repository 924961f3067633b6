"""Score the rules, and optionally the configured language model, on recorded pull requests.

A file is gzip of one JSON object a line, in one of two forms: agents' pull requests with the name of the agent, or
records of GitHub's REST API. Without --data the files of ../shared/data are read, if there are any. --llm asks the
configured provider (GROQ_API_KEY, PRFLOW_LLM_*) about a sample, within its rate limit; without it, or without a
key, only the rules are scored, and the output says so.

References are named by their source: labels given by a language model are not the truth, and agreement with them is
the agreement of two judges.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from benchmarks.analysis.data import Recorded, UnknownData, read_recorded
from benchmarks.analysis.model import ModelScores, choose_sample, make_questions, score_sample
from benchmarks.analysis.rules import (
    Agreement,
    FalsePositives,
    Hygiene,
    Recall,
    UnverifiedEvidence,
    compute_agreements,
    compute_false_positives,
    compute_hygiene,
    compute_recall,
    find_unverified,
)
from benchmarks.options import add_json, add_markdown, make_parser
from benchmarks.tables import Figures, format_score, format_share, print_figures, to_markdown
from tasks.llm.provider.providers import require_key
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.rules.ai_evidence import FIRST_TOOL_AT, KINDS
from tasks.llm.rules.rules import RULES_VERSION
from tasks.llm.rules.signatures import load_signatures
from warehouse.settings import WarehouseSettings

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
RULES_ALONE = "These figures are for the rules alone; use --llm to include the configured language model."


@dataclass(frozen=True)
class AnalysisReport:
    """All figures of a run. `model` is None if no model was asked, and `model_note` says why."""

    rules_version: str
    signatures_version: str
    agreements: list[Agreement]
    recall: list[Recall]
    false_positives: list[FalsePositives]
    found: list[UnverifiedEvidence]
    hygiene: list[Hygiene]
    model: ModelScores | None = None
    model_note: str = RULES_ALONE


def score_rules(recorded: Sequence[Recorded]) -> AnalysisReport:
    return AnalysisReport(
        rules_version=RULES_VERSION,
        signatures_version=load_signatures().version,
        agreements=compute_agreements(recorded),
        recall=compute_recall(recorded),
        false_positives=compute_false_positives(recorded),
        found=find_unverified(recorded),
        hygiene=compute_hygiene(recorded),
    )


def make_figures(report: AnalysisReport) -> Iterator[Figures]:
    agreements = [*report.agreements, *(report.model.agreements if report.model else ())]
    yield _draw_agreements(agreements)
    yield _draw_recall(report.recall)
    yield _draw_places(report.recall)
    yield _draw_false_positives(report.false_positives)
    yield _draw_found(report.found)
    yield _draw_hygiene(report.hygiene)
    if report.model is not None:
        yield from _draw_model(report.model)


def _draw_agreements(agreements: Sequence[Agreement]) -> Figures:
    columns = ("data", "reference", "judge", "with reference", "judged", "agreement", "macro-F1", "kappa")
    rows = [
        [
            one.source,
            one.labelled_by,
            one.judge,
            f"{one.pull_requests:,}",
            f"{one.judged:,}",
            format_share(one.agreement),
            format_score(one.macro_f1),
            format_score(one.kappa),
        ]
        for one in agreements
    ]
    return Figures("Work type: agreement with the reference, if the judge names one", columns, rows)


def _draw_recall(recall: Sequence[Recall]) -> Figures:
    columns = ("agent", "pull requests", "use found", "recall", "as authored", "correct tool")
    rows = [
        [
            one.agent,
            f"{one.pull_requests:,}",
            f"{one.found:,}",
            format_share(one.found / one.pull_requests),
            f"{one.authored:,}",
            f"{one.right_tool:,}",
        ]
        for one in recall
    ]
    return Figures("AI evidence: recall by agent", columns, rows)


def _draw_places(recall: Sequence[Recall]) -> Figures:
    rows = [[one.agent, *(_draw_place(one, kind) for kind in KINDS)] for one in recall]
    return Figures("AI evidence: recall by place (in brackets: found nowhere else)", ("agent", *KINDS), rows)


def _draw_place(one: Recall, kind: str) -> str:
    if kind == "branch" and not one.with_branch:
        return "not in the data"
    return f"{format_share(one.by_place[kind] / one.pull_requests)} ({one.only[kind]:,})"


def _draw_false_positives(found: Sequence[FalsePositives]) -> Figures:
    columns = ("data", "pull requests", "reported", "signatures alone: use", "signatures alone: any", "which")
    rows = [
        [
            one.source,
            f"{one.pull_requests:,}",
            str(one.reported),
            str(one.by_signatures_alone),
            str(one.mentioned_by_signatures_alone),
            ", ".join(one.matches) or "none",
        ]
        for one in found
    ]
    return Figures(f"AI evidence before {FIRST_TOOL_AT:%Y-%m-%d}, when no tool was available", columns, rows)


def _draw_found(found: Sequence[UnverifiedEvidence]) -> Figures:
    columns = ("data", "number", "level", "tool", "where", "quote")
    rows = [[one.source, f"#{one.number}", one.level, one.tool, one.where, one.quote[:80]] for one in found]
    return Figures("AI evidence if no agent is known, for a person to check", columns, rows)


def _draw_hygiene(hygiene: Sequence[Hygiene]) -> Figures:
    columns = ("data", "pull requests", "with secrets", "which", "flagged as injection", "truncated")
    rows = [
        [
            one.source,
            f"{one.pull_requests:,}",
            f"{one.with_secrets:,}",
            ", ".join(f"{name} {count}" for name, count in one.secrets.items()) or "none",
            f"{one.injection_suspected:,}",
            f"{one.truncated:,}",
        ]
        for one in hygiene
    ]
    return Figures("Texts: redacted secrets, instructions to a model, length", columns, rows)


def _draw_model(model: ModelScores) -> Iterator[Figures]:
    cost = "not known" if model.cost_usd is None else f"{model.cost_usd:.4f} USD"
    failed = ", ".join(f"{code} {count}" for code, count in model.failed.items()) or "none"
    figures = (
        f"{model.asked:,}",
        f"{model.answered:,}",
        failed,
        f"{model.requests:,}",
        f"{model.prompt_tokens:,}",
        f"{model.completion_tokens:,}",
        cost,
        f"{model.seconds:,.0f}",
    )
    columns = ("asked", "answered", "failed", "requests", "prompt tokens", "completion tokens", "cost", "seconds")
    yield Figures(f"ModelScores {model.model} by {model.provider}", columns, [figures])
    quotes = model.quotes
    yield Figures(
        "The model's quotes as evidence of AI assistance",
        ("raw answers", "claims", "with a quote", "quote found in the input"),
        [[f"{quotes.answers:,}", f"{quotes.claims:,}", f"{quotes.quoted:,}", f"{quotes.found_in_input:,}"]],
    )
    rows = [[one.why, f"{one.pull_requests:,}", *map(str, one.fields.values())] for one in model.flips]
    yield Figures("Answers that differ on a second request", ("why", "pull requests", *model.flips[0].fields), rows)


def ask_model(recorded: Sequence[Recorded], limit: int) -> ModelScores:
    """Ask the configured model about a sample; NotConfigured without a key."""
    settings = LlmSettings()
    require_key(settings)
    sample = choose_sample(recorded, limit)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Asking the model", total=len(make_questions(sample)))
        home = WarehouseSettings().home
        return asyncio.run(score_sample(sample, settings, home, lambda: progress.advance(bar)))


def _read(paths: Sequence[Path] | None) -> list[Recorded]:
    paths = paths or sorted(SHARED.glob("*.jsonl.gz"))
    if not paths:
        raise SystemExit("There are no recorded pull requests. Give a file with --data FILE.")
    try:
        recorded = read_recorded(paths)
    except UnknownData as error:
        raise SystemExit(str(error)) from None
    if not recorded:
        raise SystemExit(f"No pull request found in {', '.join(map(str, paths))}.")
    return recorded


def main(arguments: Sequence[str] | None = None) -> None:
    options = make_parser(
        "analysis", "Score the rules, and optionally the configured language model, on recorded pull requests."
    )
    options.add_argument("--data", type=Path, nargs="+", metavar="FILE", help="recorded pull requests, as .jsonl.gz")
    options.add_argument("--llm", action="store_true", help="ask the configured language model as well")
    options.add_argument(
        "--limit", type=int, default=200, metavar="N", help="size of the sample for the model (default: 200)"
    )
    add_json(options)
    add_markdown(options, "docs/analysis.md")
    chosen = options.parse_args(arguments)
    recorded = _read(chosen.data)
    report, failure = score_rules(recorded), ""
    if chosen.llm:
        try:
            report = replace(report, model=ask_model(recorded, max(chosen.limit, 1)), model_note="")
        except ValueError as error:
            failure = f"{error} Only the rules were scored."
            report = replace(report, model_note=failure)
        if report.model is not None and report.model.stopped_because:
            failure = f"The model was not asked about the complete sample: {report.model.stopped_because}"
    _print(report, chosen.json, chosen.markdown)
    if failure:
        print(failure, file=sys.stderr)
        raise SystemExit(1)


def _print(report: AnalysisReport, is_json: bool, is_markdown: bool) -> None:
    if is_json:
        print(json.dumps(asdict(report), indent=2))
        return
    for figures in (each for each in make_figures(report) if each.rows):
        print(to_markdown(figures)) if is_markdown else print_figures(Console(), figures)
    print(f"Rules {report.rules_version}. {report.model_note}".strip())
