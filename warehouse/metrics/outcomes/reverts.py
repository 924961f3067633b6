"""Which pull requests were reverted: what `revert_text` reads, looked up among the merged ones."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.outcomes.revert_text import MAY_BE_TITLE, Certainty, Said, Target, read_revert

MIN_HASH_LENGTH = 7


@dataclass(frozen=True)
class _Merged:
    """A merged pull request; `target` has only the titles and hashes that some revert names."""

    id: str
    repository_id: str
    merged_at: datetime
    target: Target

    @property
    def place(self) -> tuple[datetime, int]:
        return self.merged_at, self.target.number


@dataclass(frozen=True)
class _Revert:
    """A merged pull request that says that it reverts something."""

    id: str
    repository_id: str
    full_name: str
    place: tuple[datetime, int]
    said: Said


def find_reverted(facts: Facts) -> pl.DataFrame:
    """Return one row per pull request that a later, merged one of the same repository reverts: `is_reverted`.

    A revert that was itself reverted does not count. A title alone names the newest pull request of that title.
    """
    merged = facts.pull_requests.filter(pl.col("merged_at").is_not_null())
    reverts = _read_reverts(facts, merged)
    originals = _index(_find_originals(facts, merged, reverts))
    reverted: set[str] = set()
    # From the newest on: whatever reverts a revert is later than it.
    for revert in sorted(reverts, key=lambda each: each.place, reverse=True):
        if revert.id not in reverted:
            reverted |= _targets_of(revert, originals)
    return pl.DataFrame({KEY: sorted(reverted)}, schema={KEY: facts.pull_requests.schema["id"]}).with_columns(
        is_reverted=True
    )


_Index = dict[tuple[str, object], list[_Merged]]


def _index(originals: Iterable[_Merged]) -> _Index:
    """Return the originals by repository and by each number, title and beginning of a hash that may name them."""
    index: _Index = defaultdict(list)
    for one in originals:
        target = one.target
        for name in {target.number, *target.titles, *(whole[:MIN_HASH_LENGTH] for whole in target.hashes)}:
            index[one.repository_id, name].append(one)
    return index


def _targets_of(revert: _Revert, originals: _Index) -> set[str]:
    """Return all that it names for sure, else the newest that has the title."""
    named: set[object] = {*_numbers_of(revert), *revert.said.titles, *_beginnings_of(revert)}
    candidates = {one.id: one for name in named for one in originals.get((revert.repository_id, name), ())}
    earlier = [one for one in candidates.values() if one.id != revert.id and one.place <= revert.place]
    found = [(revert.said.certainty(revert.full_name, one.target), one) for one in earlier]
    sure = {one.id for certainty, one in found if certainty is Certainty.NAMED}
    by_title = [one for certainty, one in found if certainty is Certainty.TITLE]
    return sure or ({max(by_title, key=lambda one: one.place).id} if by_title else set())


def _read_reverts(facts: Facts, merged: pl.DataFrame) -> list[_Revert]:
    names = facts.repositories.select(repository_id="id", full_name="full_name")
    words = [pl.col(name).str.to_lowercase().str.contains_any(list(MAY_BE_TITLE)) for name in ("title", "head_ref")]
    may_revert = merged.filter(pl.any_horizontal(*words, pl.col("body").is_not_null()))
    columns = ("id", "repository_id", "full_name", "merged_at", "number", "title", "body", "head_ref")
    found = []
    rows = may_revert.join(names, on="repository_id", how="left").select(columns).iter_rows()
    for revert_id, repository_id, full_name, merged_at, number, *texts in rows:
        said = read_revert(*(text or "" for text in texts))
        if said is not None:
            found.append(_Revert(revert_id, repository_id, full_name or "", (merged_at, number), said))
    return found


def _find_originals(facts: Facts, merged: pl.DataFrame, reverts: list[_Revert]) -> Iterator[_Merged]:
    """Yield the merged pull requests that some revert names by number, title or hash."""
    titles, hashes = _titles_of(facts, reverts), _hashes_of(facts, merged, reverts)
    numbers = list({number for each in reverts for number in _numbers_of(each)})
    wanted = merged.filter(pl.col("id").is_in([*titles, *hashes]) | pl.col("number").is_in(numbers))
    names = dict(facts.repositories.select("id", "full_name").iter_rows())
    columns = ("id", "repository_id", "merged_at", "number")
    for key, repository_id, merged_at, number in wanted.select(columns).iter_rows():
        full_name = (names.get(repository_id) or "").lower()
        target = Target(full_name, number, frozenset(titles[key]), frozenset(hashes[key]))
        yield _Merged(key, repository_id, merged_at, target)


def _numbers_of(revert: _Revert) -> set[int]:
    return {*(one.number for one in revert.said.named), *revert.said.squashed}


def _beginnings_of(revert: _Revert) -> set[str]:
    return {part[:MIN_HASH_LENGTH] for part in revert.said.hashes}


def _titles_of(facts: Facts, reverts: list[_Revert]) -> dict[str, set[str]]:
    """Return the titles that some revert quotes, of today and of before a rename, by pull request."""
    wanted = list({title for each in reverts for title in each.said.titles})
    renamed = facts.timeline_events.filter(pl.col("kind") == "RenamedTitle")
    titles = pl.concat(
        [
            facts.pull_requests.select(pl.col("id").alias(KEY), "title"),
            renamed.select(KEY, title="previous_value"),
            renamed.select(KEY, title="subject"),
        ]
    )
    return _grouped(titles.filter(pl.col("title").is_in(wanted)))


def _hashes_of(facts: Facts, merged: pl.DataFrame, reverts: list[_Revert]) -> dict[str, set[str]]:
    """Return the hashes that some revert may name, by pull request: of its commits, of the merge, of what landed it."""
    wanted = list({part for each in reverts for part in _beginnings_of(each)})
    landed = facts.timeline_events.filter(pl.col("kind") == "Closed").select(KEY, oid="subject")
    hashes = pl.concat(
        [facts.commits.select(KEY, "oid"), merged.select(id="id", oid="merge_commit_oid").rename({"id": KEY}), landed]
    )
    return _grouped(hashes.drop_nulls().filter(pl.col("oid").str.slice(0, MIN_HASH_LENGTH).is_in(wanted)))


def _grouped(rows: pl.DataFrame) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for key, value in rows.iter_rows():
        found[key].add(value)
    return found
