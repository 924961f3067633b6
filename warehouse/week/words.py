"""The week in words: sentences that hold by the facts of today, or the plain ones if there are none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.store import Merge, Replace, Write
from warehouse.week.check import find_fault
from warehouse.week.fact import Fact, say
from warehouse.week.source import WeekNotComplete, choose_week, read_facts_of_week

MAX_SENTENCES = 5
# Named with a sentence; the rest is counted.
MAX_RECEIPTS = 20


@dataclass(frozen=True)
class Sentence:
    """A sentence with the facts that it says and its receipts: the pull requests behind them."""

    text: str
    facts: tuple[Fact, ...]

    @property
    def pull_request_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(id_ for fact in self.facts for id_ in fact.pull_request_ids))


@dataclass(frozen=True)
class WeekInWords:
    """A team's week in five sentences at the most. `model` worded them, or nobody did if it is empty."""

    team_id: str
    week_start: date
    sentences: tuple[Sentence, ...]
    model: str = ""
    is_simulated: bool = False


def read_week(warehouse: Warehouse, team_id: str, week: date | None = None) -> WeekInWords | None:
    """Read the sentences of a complete week, the newest unless `week` is given; None if there is none yet.

    What the model wrote is checked by facts computed now, and dropped if it does not hold any more. If nothing is
    left, the facts stand as plain sentences. Raises WeekNotComplete.
    """
    chosen = choose_week(warehouse, team_id, week)
    if chosen is None:
        return None
    facts = read_facts_of_week(warehouse, team_id, chosen)
    stored = warehouse.read(_STORED, [team_id, chosen])
    kept = [keep(row["sentence"], row["fact_keys"], facts) for row in stored.iter_rows(named=True)]
    sentences = tuple(one for one in kept if one is not None)[:MAX_SENTENCES]
    if not sentences:
        return WeekInWords(team_id, chosen, say_plainly(facts))
    row = stored.row(0, named=True)
    return WeekInWords(team_id, chosen, sentences, row["model"] or "", row["provider"] == "simulated")


def read_week_if_complete(warehouse: Warehouse, team_id: str, week: date | None = None) -> WeekInWords | None:
    """Read as `read_week` does; None for a week that is not complete as well."""
    try:
        return read_week(warehouse, team_id, week)
    except WeekNotComplete:
        return None


def keep(text: str, keys: Sequence[str] | None, facts: Sequence[Fact]) -> Sentence | None:
    """Return the sentence with the facts of these keys; None if it does not hold."""
    by_key = {fact.key: fact for fact in facts}
    cited = [by_key[key] for key in keys or () if key in by_key]
    if len(cited) != len(keys or ()) or find_fault(text, cited):
        return None
    return Sentence(text, tuple(cited))


def say_plainly(facts: Sequence[Fact]) -> tuple[Sentence, ...]:
    """Say the most important facts as they are."""
    return tuple(Sentence(say(fact), (fact,)) for fact in facts[:MAX_SENTENCES])


def make_writes(team_id: str, week: date, summary: Mapping[str, object], sentences: Sequence[Sentence]) -> list[Write]:
    """Make the writes that replace a week's sentences; `summary` has the columns of `week_summaries`."""
    key = {"team_id": team_id, "week_start": week}
    rows = [
        {
            **key,
            "position": position,
            "sentence": one.text,
            "fact_keys": [fact.key for fact in one.facts],
            "pull_request_ids": list(one.pull_request_ids[:MAX_RECEIPTS]),
            "pull_requests_count": len(one.pull_request_ids),
        }
        for position, one in enumerate(sentences, start=1)
    ]
    return [
        Merge(schema.week_summaries, schema.frame(schema.week_summaries, [{**key, **summary}], [*key, *summary])),
        Replace(schema.week_sentences, schema.frame(schema.week_sentences, rows), key),
    ]


def read_receipts(warehouse: Warehouse, team_id: str, ids: Sequence[str]) -> pl.DataFrame:
    """Read the pull requests of these ids: `id`, `full_name`, `number`, `title` (hostile text), by repository."""
    return warehouse.read(_RECEIPTS, [team_id, list(ids)])


_STORED = """
SELECT s.sentence, s.fact_keys, w.model, w.provider
FROM week_sentences s
LEFT JOIN week_summaries w ON w.team_id = s.team_id AND w.week_start = s.week_start
WHERE s.team_id = ? AND s.week_start = ? ORDER BY s.position
"""
_RECEIPTS = """
SELECT p.id, r.full_name, p.number, p.title
FROM pull_requests p LEFT JOIN repositories r ON r.id = p.repository_id
WHERE p.team_id = ? AND p.id IN (SELECT unnest(?::VARCHAR[])) ORDER BY r.full_name, p.number
"""
