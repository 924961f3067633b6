"""What a run would take, before anything is sent: pull requests by rule and by model, tokens, money, time."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tasks.llm.prompt.prompt import Prompt
from tasks.llm.provider.providers import price_of
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.pending import Versions, read_candidates, read_items
from tasks.llm.run.settling import LOADED_AT_ONCE
from tasks.llm.run.tally import input_bytes
from warehouse.connection import Warehouse
from warehouse.windows import Phase

# Of English text and code, as common tokenizers count. The limiter reserves by a more careful figure.
TYPICAL_BYTES_PER_TOKEN = 4.0
# Of an answer, where none of this model is known yet.
TYPICAL_ANSWER_TOKENS = 140
MINUTES_A_DAY = 1_440.0


@dataclass(frozen=True)
class Forecast:
    """Counts are of pull requests. Tokens, money and time are estimates of the calls, retries left out.

    `minutes` is how long the calls take at the allowed rate; `days` on how many days, where a daily limit makes
    it more than one. `bound_by` names the limit that decides. `cost_usd` is None where the price is not known.
    """

    model: str
    by_rule: int
    by_model: int
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


def make_forecast(
    warehouse: Warehouse, team_id: str, phase: Phase, settings: LlmSettings, show: Callable[[int, int], None]
) -> Forecast:
    """Of what is pending up to `phase`; `show` is told how many of how many were looked at. Writes nothing."""
    versions = Versions(settings.model)
    ids = read_candidates(warehouse, team_id, phase, versions)
    count = _Count()
    for start in range(0, len(ids), LOADED_AT_ONCE):
        show(start, len(ids))
        for item in read_items(warehouse, ids[start : start + LOADED_AT_ONCE], input_bytes(settings)):
            if item.needs_model(versions):
                count.prompts.append(_tokens(item.prompt))
            elif item.ruling.settled is not None and item.known is None:
                count.by_rule += 1
    show(len(ids), len(ids))
    return _forecast(count, _answer_tokens(warehouse, settings.model), settings)


def _forecast(count: _Count, answer_tokens: float, settings: LlmSettings) -> Forecast:
    prompts = count.prompts[: settings.limit]
    prompt_tokens, completion_tokens = sum(prompts), round(len(prompts) * answer_tokens)
    price = price_of(settings)
    asked_for = prompt_tokens + len(prompts) * settings.max_completion_tokens
    times = dict(_times(len(prompts), asked_for, prompt_tokens + completion_tokens, settings))
    bound_by = max(times, key=lambda name: times[name])
    return Forecast(
        model=settings.model,
        by_rule=count.by_rule,
        by_model=len(prompts),
        left_out=len(count.prompts) - len(prompts),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost_usd=None if price is None else price.cost(prompt_tokens, 0, completion_tokens),
        minutes=max(value for name, value in times.items() if name.endswith("a minute")),
        days=max(math.ceil(times[bound_by] / MINUTES_A_DAY), 1),
        bound_by=bound_by,
    )


def _times(calls: int, asked_for: int, used: int, settings: LlmSettings) -> Iterator[tuple[str, float]]:
    """Minutes by each limit: of the minute what is asked for counts, of the day what is used."""
    minute = (60 + settings.guard_seconds) / 60
    yield "requests a minute", calls / settings.rpm * minute
    if settings.tpm:
        yield "tokens a minute", asked_for / settings.tpm * minute
    if settings.rpd and calls > settings.rpd:
        yield "requests a day", calls / settings.rpd * MINUTES_A_DAY
    if settings.tpd and used > settings.tpd:
        yield "tokens a day", used / settings.tpd * MINUTES_A_DAY


def _tokens(prompt: Prompt) -> int:
    messages = prompt.messages(nonce="0" * 16)
    return round(sum(len(one["content"].encode()) for one in messages) / TYPICAL_BYTES_PER_TOKEN)


def _answer_tokens(warehouse: Warehouse, model: str) -> float:
    row = warehouse.read_one(
        "SELECT avg(completion_tokens) AS tokens FROM pr_analysis WHERE model = ? AND status = 'done' AND attempts = 1",
        [model],
    )
    return float(row["tokens"]) if row and row["tokens"] else TYPICAL_ANSWER_TOKENS
