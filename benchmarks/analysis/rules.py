"""Scores of the rules on recorded pull requests."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.analysis.data import Recorded
from benchmarks.analysis.scores import agreement, f1_by_class, kappa, macro_f1
from tasks.llm.prompt.prompt import make_prompt
from tasks.llm.rules.ai_evidence import FIRST_TOOL_AT, KINDS, USE, AiEvidence, find_all_evidence, find_evidence
from tasks.llm.rules.pull_request import PullRequest
from tasks.llm.rules.redact import redact
from tasks.llm.rules.rules import apply_rules
from tasks.llm.rules.sanitise import sanitise, sanitise_line


@dataclass(frozen=True)
class Agreement:
    """Agreement of `judge` with the reference given by `labelled_by`.

    `pull_requests` have a reference; `judged` is how many of them the judge gave a work type, and the scores are over
    those.
    """

    source: str
    labelled_by: str
    judge: str
    pull_requests: int
    judged: int
    agreement: float | None
    macro_f1: float | None
    kappa: float | None
    f1: dict[str, float]


@dataclass(frozen=True)
class Recall:
    """Counts of one agent's pull requests with evidence of use, in total and by place.

    `only` counts those with evidence in one place alone, `right_tool` those whose evidence names the agent, and
    `with_branch` those with a known head branch. Mere mentions do not count.
    """

    agent: str
    pull_requests: int
    with_branch: int
    found: int
    authored: int
    right_tool: int
    by_place: dict[str, int]
    only: dict[str, int]


@dataclass(frozen=True)
class FalsePositives:
    """Counts over pull requests from before any tool was available: what is reported, and what signatures match."""

    source: str
    pull_requests: int
    reported: int
    by_signatures_alone: int
    mentioned_by_signatures_alone: int
    matches: tuple[str, ...]


@dataclass(frozen=True)
class UnverifiedEvidence:
    """Evidence in a pull request of unknown origin, for a person to check."""

    source: str
    number: int
    level: str
    tool: str
    where: str
    quote: str


@dataclass(frozen=True)
class Hygiene:
    """Effect of sanitising and redaction on real texts: all pull requests, and those affected."""

    source: str
    pull_requests: int
    with_secrets: int
    secrets: dict[str, int]
    injection_suspected: int
    truncated: int


AGENT_TOOLS = {
    "OpenAI_Codex": "OpenAI Codex",
    "Devin": "Devin",
    "Copilot": "GitHub Copilot",
    "Cursor": "Cursor",
    "Claude_Code": "Claude Code",
}


def compute_agreements(recorded: Sequence[Recorded]) -> list[Agreement]:
    """Compute the agreement of the rules' work types with the references."""
    work_types = {one.pull_request.id: work_type_by_rules(one.pull_request) for one in recorded}
    return compute_agreement(recorded, "rules", work_types)


def work_type_by_rules(pull_request: PullRequest) -> str | None:
    rules = apply_rules(pull_request)
    return rules.answer.work_type if rules.answer else rules.work_type


def compute_agreement(
    recorded: Sequence[Recorded], judge_name: str, work_types: dict[str, str | None]
) -> list[Agreement]:
    """Compute one row per source and kind of reference, over the pull requests in `work_types`."""
    groups: dict[tuple[str, str], list[tuple[str, str | None]]] = {}
    for one in recorded:
        if one.work_type and one.labelled_by and one.pull_request.id in work_types:
            key = (one.source, one.labelled_by)
            groups.setdefault(key, []).append((one.work_type, work_types[one.pull_request.id]))
    return [_agreement(*key, judge_name, group) for key, group in groups.items()]


def _agreement(source: str, labelled_by: str, judge_name: str, group: list[tuple[str, str | None]]) -> Agreement:
    pairs = [(reference, judged) for reference, judged in group if judged is not None]
    return Agreement(
        source=source,
        labelled_by=labelled_by,
        judge=judge_name,
        pull_requests=len(group),
        judged=len(pairs),
        agreement=agreement(pairs),
        macro_f1=macro_f1(pairs),
        kappa=kappa(pairs),
        f1=f1_by_class(pairs),
    )


def compute_recall(recorded: Iterable[Recorded]) -> list[Recall]:
    """Compute one row per agent, the most frequent first."""
    groups: dict[str, list[PullRequest]] = {}
    for one in recorded:
        if one.agent:
            groups.setdefault(one.agent, []).append(one.pull_request)
    return [_recall(agent, group) for agent, group in sorted(groups.items(), key=lambda item: -len(item[1]))]


def _recall(agent: str, pull_requests: Sequence[PullRequest]) -> Recall:
    kept = [evidence for one in pull_requests if (evidence := find_evidence(one)) and _shows_use(evidence)]
    places = [_places_of(one) for one in pull_requests]
    return Recall(
        agent=agent,
        pull_requests=len(pull_requests),
        with_branch=sum(bool(one.head_ref) for one in pull_requests),
        found=len(kept),
        authored=sum(evidence.level == "authored" for evidence in kept),
        right_tool=sum(evidence.tool == AGENT_TOOLS.get(agent) for evidence in kept),
        by_place={kind: sum(kind in found for found in places) for kind in KINDS},
        only={kind: sum(found == {kind} for found in places) for kind in KINDS},
    )


def _places_of(pull_request: PullRequest) -> set[str]:
    return {trace.kind for trace in find_all_evidence(pull_request) if _shows_use(trace)}


def _shows_use(evidence: AiEvidence) -> bool:
    return evidence.level in USE


def is_before_any_tool(one: Recorded) -> bool:
    created_at = one.pull_request.created_at
    return one.agent is None and created_at is not None and created_at < FIRST_TOOL_AT


def compute_false_positives(recorded: Iterable[Recorded]) -> list[FalsePositives]:
    """Compute one row per source with pull requests from before any tool."""
    groups: dict[str, list[PullRequest]] = {}
    for one in recorded:
        if is_before_any_tool(one):
            groups.setdefault(one.source, []).append(one.pull_request)
    return [_false_positives(source, group) for source, group in groups.items()]


def _false_positives(source: str, group: Sequence[PullRequest]) -> FalsePositives:
    found = {one.number: list(find_all_evidence(one)) for one in group}
    matches = [f"#{number}: {trace.signature}" for number, each in found.items() for trace in each]
    return FalsePositives(
        source=source,
        pull_requests=len(group),
        reported=sum(find_evidence(one) is not None for one in group),
        by_signatures_alone=sum(any(_shows_use(trace) for trace in each) for each in found.values()),
        mentioned_by_signatures_alone=sum(bool(each) for each in found.values()),
        matches=tuple(matches),
    )


def find_unverified(recorded: Iterable[Recorded]) -> list[UnverifiedEvidence]:
    """Find evidence in pull requests without a known agent."""
    return [
        UnverifiedEvidence(
            one.source, one.pull_request.number, evidence.level, evidence.tool, evidence.where, evidence.quote
        )
        for one in recorded
        if one.agent is None and (evidence := find_evidence(one.pull_request))
    ]


def compute_hygiene(recorded: Iterable[Recorded]) -> list[Hygiene]:
    groups: dict[str, list[PullRequest]] = {}
    for one in recorded:
        groups.setdefault(one.source, []).append(one.pull_request)
    return [_hygiene(source, group) for source, group in groups.items()]


def _hygiene(source: str, group: Sequence[PullRequest]) -> Hygiene:
    secrets: Counter[str] = Counter()
    prompts = [make_prompt(one) for one in group]
    for one in group:
        texts = (
            sanitise_line(one.title),
            sanitise(one.body),
            *(sanitise_line(commit.headline) for commit in one.commits),
        )
        secrets.update(name for text in texts for name in redact(text).names)
    return Hygiene(
        source=source,
        pull_requests=len(group),
        with_secrets=sum(prompt.redactions > 0 for prompt in prompts),
        secrets=dict(secrets.most_common()),
        injection_suspected=sum(prompt.is_injection_suspected for prompt in prompts),
        truncated=sum(prompt.is_truncated for prompt in prompts),
    )
