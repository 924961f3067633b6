"""Forecast of a run before anything is sent: pull requests by rule and by model, tokens, cost, time."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tasks.llm.prompt.prompt import Prompt
from tasks.llm.provider.providers import resolve_price
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.candidates import Versions, read_candidate_ids, read_candidates
from tasks.llm.run.drawn import MAX_A_RUN, is_drawn
from tasks.llm.run.rule_pass import LOAD_SIZE
from tasks.llm.run.sizing import max_input_bytes
from warehouse.connection import Warehouse
from warehouse.windows import Phase

# English text and code, as common tokenizers count. The rate limiter reserves by a more cautious figure.
TYPICAL_BYTES_PER_TOKEN = 4.0
# Assumed for an answer until the warehouse holds answers of the model.
TYPICAL_ANSWER_TOKENS = 140
MINUTES_PER_DAY = 1_440.0


@dataclass(frozen=True)
class Forecast:
    """Forecast of a run. Counts are of pull requests; tokens, cost and time are estimates without retries.

    `asked_twice` of those by model are read a second time, which the estimates include.
    `minutes` is how long the requests take at the allowed rate, and `days` on how many days if a daily limit makes
    it more than one. `bound_by` names the limit that decides. `cost_usd` is None if the price is not known.
    """

    model: str
    by_rule: int
    by_model: int
    asked_twice: int
    left_out: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    minutes: float
    days: int
    bound_by: str

    @property
    def pending(self) -> int:
        return self.by_rule + self.by_model + self.left_out


@dataclass
class _Count:
    by_rule: int = 0
    prompts: list[int] = field(default_factory=list)  # tokens, newest pull request first
    second: list[int] = field(default_factory=list)  # those of them that are read a second time


def make_forecast(
    warehouse: Warehouse, team_id: str, phase: Phase, settings: LlmSettings, on_progress: Callable[[int, int], None]
) -> Forecast:
    """Forecast a run over what is pending up to `phase`. Writes nothing.

    `on_progress` is called with the number of candidates examined and the number of all.
    """
    versions = Versions(settings.model).in_language(settings.summary_language).of_team(warehouse, team_id)
    ids = read_candidate_ids(warehouse, team_id, phase, versions)
    count = _Count()
    for start in range(0, len(ids), LOAD_SIZE):
        on_progress(start, len(ids))
        for candidate in read_candidates(warehouse, ids[start : start + LOAD_SIZE], max_input_bytes(settings)):
            if candidate.needs_model(versions):
                count.prompts.append(_tokens(candidate.prompt))
                if is_drawn(candidate.pull_request.id, settings.second_reading_share):
                    count.second.append(count.prompts[-1])
            elif candidate.rules.answer is not None and candidate.stored is None:
                count.by_rule += 1
    on_progress(len(ids), len(ids))
    return _forecast(count, _answer_tokens(warehouse, settings.model), settings)


def _forecast(count: _Count, answer_tokens: float, settings: LlmSettings) -> Forecast:
    prompts = count.prompts[: settings.limit]
    second = [] if settings.limit else count.second[:MAX_A_RUN]
    requests = [*prompts, *second]
    prompt_tokens, completion_tokens = sum(requests), round(len(requests) * answer_tokens)
    price = resolve_price(settings)
    requested_tokens = prompt_tokens + len(requests) * settings.max_completion_tokens
    times = dict(_times(len(requests), requested_tokens, prompt_tokens + completion_tokens, settings))
    bound_by = max(times, key=lambda name: times[name])
    return Forecast(
        model=settings.model,
        by_rule=count.by_rule,
        by_model=len(prompts),
        asked_twice=len(second),
        left_out=len(count.prompts) - len(prompts),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost_usd=None if price is None else price.cost(prompt_tokens, 0, completion_tokens),
        minutes=max(value for name, value in times.items() if name.endswith("a minute")),
        days=max(math.ceil(times[bound_by] / MINUTES_PER_DAY), 1),
        bound_by=bound_by,
    )


def _times(calls: int, requested_tokens: int, used: int, settings: LlmSettings) -> Iterator[tuple[str, float]]:
    """Yield the minutes by each limit: by the minute requested tokens count, by the day used ones."""
    minute = (60 + settings.guard_seconds) / 60
    yield "requests a minute", calls / settings.rpm * minute
    if settings.tpm:
        yield "tokens a minute", requested_tokens / settings.tpm * minute
    if settings.rpd and calls > settings.rpd:
        yield "requests a day", calls / settings.rpd * MINUTES_PER_DAY
    if settings.tpd and used > settings.tpd:
        yield "tokens a day", used / settings.tpd * MINUTES_PER_DAY


def _tokens(prompt: Prompt) -> int:
    messages = prompt.messages(nonce="0" * 16)
    return round(sum(len(message["content"].encode()) for message in messages) / TYPICAL_BYTES_PER_TOKEN)


def _answer_tokens(warehouse: Warehouse, model: str) -> float:
    row = warehouse.read_one(
        "SELECT avg(completion_tokens) AS tokens FROM pr_analysis WHERE model = ? AND status = 'done' AND attempts = 1",
        [model],
    )
    return float(row["tokens"]) if row and row["tokens"] else TYPICAL_ANSWER_TOKENS
