"""Ask the model for the words of a team's weeks, and keep the sentences that hold."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tasks.llm.errors import BudgetExhausted, LlmError
from tasks.llm.prompt.answered import Answered
from tasks.llm.prompt.week import WEEK_PROMPT_VERSION, WeekQuestion, WordedSentence, WordedWeek
from tasks.llm.provider.providers import has_key, resolve_price
from tasks.llm.provider.rate_limiter import Clock, Sleep, open_rate_limiter
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.provider.token_estimate import estimate_tokens
from tasks.llm.run.analysis_rows import SIMULATED
from tasks.llm.run.model_client import ModelClient
from warehouse.connection import Warehouse
from warehouse.store import commit
from warehouse.week.check import find_fault
from warehouse.week.fact import Fact
from warehouse.week.source import choose_week, list_weeks, read_facts_of_week
from warehouse.week.words import MAX_SENTENCES, Sentence, make_writes

# Of a new team's weeks these are worded; each later week is worded when it is over.
MAX_WEEKS = 4


@dataclass(frozen=True)
class WordedWeeks:
    """How many weeks were asked for, how many sentences held and how many were dropped.

    `stopped_because` says why the model was not asked for the rest; empty if it was.
    """

    weeks: int = 0
    kept: int = 0
    dropped: int = 0
    stopped_because: str = ""


class WeekWriter:
    """Asks about weeks of one team, one after the other, within the rate that all requests to the model share."""

    def __init__(
        self,
        warehouse: Warehouse,
        team_id: str,
        settings: LlmSettings,
        *,
        clock: Clock,
        sleep: Sleep,
        run_id: str | None,
    ) -> None:
        self._warehouse, self._team_id, self._settings = warehouse, team_id, settings
        self._clock, self._sleep, self._run_id = clock, sleep, run_id

    async def write(self, week: date | None = None) -> WordedWeeks:
        """Word the newest weeks that have no words yet or whose facts have changed, or the one that is given.

        Without a key nothing is asked. An error of the model ends it: words are no reason for a run to fail, and the
        plain sentences stand. Raises WeekNotComplete for a week that is not complete.
        """
        if not has_key(self._settings):
            return WordedWeeks(stopped_because="There is no key for the model.")
        pending = await asyncio.to_thread(self._read_pending, week)
        done = WordedWeeks()
        if not pending:
            return done
        limiter = open_rate_limiter(self._settings, self._warehouse.settings.home, clock=self._clock, sleep=self._sleep)
        try:
            async with ModelClient(self._settings, limiter, clock=self._clock) as client:
                for start, facts in pending:
                    if self._is_over_budget(facts):
                        raise BudgetExhausted("The run reached PRFLOW_LLM_MAX_COST_USD.")
                    kept, dropped = await self._ask(client, start, facts)
                    done = WordedWeeks(done.weeks + 1, done.kept + kept, done.dropped + dropped)
        except LlmError as error:
            return WordedWeeks(done.weeks, done.kept, done.dropped, str(error))
        finally:
            limiter.close()
        return done

    def _read_pending(self, week: date | None) -> list[tuple[date, list[Fact]]]:
        """Read the facts of the weeks to be worded."""
        if week is not None:
            choose_week(self._warehouse, self._team_id, week)
        newest = list_weeks(self._warehouse, self._team_id)[:MAX_WEEKS]
        rows = self._warehouse.read(_WORDED, [self._team_id, self._settings.model]).iter_rows(named=True)
        known = {row["week_start"]: row["input_hash"] for row in rows}
        # Facts of older weeks hardly change, and cost more to find: they are looked at once.
        weeks = [week] if week else [one for one in newest if one == newest[0] or one not in known]
        read = [(one, read_facts_of_week(self._warehouse, self._team_id, one)) for one in weeks]
        return [(one, facts) for one, facts in read if known.get(one) != WeekQuestion.of(facts).input_hash]

    def _is_over_budget(self, facts: Sequence[Fact]) -> bool:
        """Return whether one more request could exceed what the run may cost."""
        cap, price = self._settings.max_cost_usd, resolve_price(self._settings)
        if cap is None or price is None:
            return False
        spent = self._warehouse.read_one(_SPENT, [self._run_id, self._run_id]) or {}
        size = sum(len(str(each["content"])) for each in WeekQuestion.of(facts).messages("", ""))
        cost = price.cost(estimate_tokens(size), 0, self._settings.max_completion_tokens)
        return float(spent.get("cost_usd") or 0.0) + cost > cap

    async def _ask(self, client: ModelClient, week: date, facts: Sequence[Fact]) -> tuple[int, int]:
        question = WeekQuestion.of(facts)
        answered = await client.complete(question)
        kept, faults = choose_sentences(answered.answer, question)
        summary = self._summarise(question, answered, faults)
        await asyncio.to_thread(commit, self._warehouse, *make_writes(self._team_id, week, summary, kept))
        return len(kept), len(faults)

    def _summarise(
        self, question: WeekQuestion, answered: Answered[WordedWeek], faults: Sequence[str]
    ) -> dict[str, object]:
        usage, price = answered.usage, resolve_price(self._settings)
        cost = price.cost(usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens) if price else None
        return {
            "input_hash": question.input_hash,
            "prompt_version": WEEK_PROMPT_VERSION,
            "model": self._settings.model,
            "provider": SIMULATED if answered.model == SIMULATED else self._settings.provider,
            "facts_count": len(question.facts),
            "dropped_count": len(faults),
            "dropped_because": list(faults),
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "cost_usd": cost,
            "run_id": self._run_id,
            "written_at": datetime.fromtimestamp(self._clock(), UTC),
        }


def choose_sentences(answer: WordedWeek, question: WeekQuestion) -> tuple[list[Sentence], list[str]]:
    """Return the sentences that hold, five at the most and none of a fact twice, and why the others do not."""
    kept: list[Sentence] = []
    faults: list[str] = []
    for worded in answer.sentences:
        sentence, fault = _check(worded, question, {fact.key for one in kept for fact in one.facts})
        if sentence is None:
            faults.append(fault)
        elif len(kept) < MAX_SENTENCES:
            kept.append(sentence)
    return kept, faults


def _check(worded: WordedSentence, question: WeekQuestion, said: set[str]) -> tuple[Sentence | None, str]:
    keys = question.cited(worded.facts)
    if keys is None:
        return None, "it cites no fact, or one that it was not given"
    by_key = {fact.key: fact for fact in question.facts}
    cited = tuple(by_key[key] for key in keys)
    text = " ".join(worded.text.split())
    fault = find_fault(text, cited) or ("its fact is said already" if said.intersection(keys) else "")
    return (None, fault) if fault else (Sentence(text, cited), "")


_WORDED = "SELECT week_start, input_hash FROM week_summaries WHERE team_id = ? AND model = ?"
_SPENT = """
SELECT coalesce((SELECT llm_cost_usd FROM pipeline_runs WHERE run_id = ?), 0)
     + coalesce((SELECT sum(cost_usd) FROM week_summaries WHERE run_id = ?), 0) AS cost_usd
"""
