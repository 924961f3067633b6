"""Tell a change from chance by every order that the weeks could have had.

If nothing changed, the recent weeks are weeks like any other: any choice of as many would have done as well. So a
change counts as real if hardly any of those choices (495 for four of twelve) differs as much from the rest. Whatever
makes whole weeks uneven (releases, holidays, one large piece of work) makes all choices uneven, and counts by itself.
Of many things looked at together the largest difference of each choice is compared, step by step (Westfall and Young,
1993): that is as strict as dividing the false alarms among them, and stricter than it need be nowhere.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import combinations

import numpy as np
import polars as pl

from warehouse.insights.comparison import LOOK, STRATUM

# A metric and a scope.
Look = tuple[str, str]
Scores = Mapping[Look, np.ndarray]

CLEAR = 0.05
ROUNDING = 1e-9


def score_orders(rows: pl.DataFrame, weeks: Sequence[date], recent: int) -> dict[Look, np.ndarray]:
    """Score each look under every choice of `recent` of the weeks; the last one is the choice that happened.

    `rows` are as for `comparison.compare`; `weeks` are all of them, oldest first. A score is the difference within
    strata over its standard error if pull requests were independent.
    """
    chosen = _choices(len(weeks), recent)
    place = {week: number for number, week in enumerate(weeks)}
    placed = rows.with_columns(
        _place=pl.col("week").replace_strict(place, return_dtype=pl.Int64),
        _rest=pl.col("y") - pl.col("y").mean().over(STRATUM),
    )
    looks = placed.partition_by(LOOK, as_dict=True)
    return {(str(metric), str(scope)): _score(look, chosen) for (metric, scope), look in looks.items()}


def adjust(scores: Scores) -> dict[Look, float]:
    """Return for each look how often chance alone gives a score so high in any of the looks not yet decided."""
    adjusted: dict[Look, float] = {}
    least = 0.0
    left = sorted(scores, key=lambda look: (-scores[look][-1], look))
    while left:
        highest = np.max([scores[look] for look in left], axis=0)
        look = left.pop(0)
        least = max(least, float(np.mean(highest >= scores[look][-1])))
        adjusted[look] = least
    return adjusted


def adjust_both(scores: Scores) -> tuple[dict[Look, float], dict[Look, float]]:
    """Adjust rises and falls.

    What clearly rose falls clearly in choices that leave the recent weeks out, and would hide what really fell: it is
    not looked at among the falls, nor the other way round.
    """
    turned = {look: -score for look, score in scores.items()}
    rises = adjust(scores)
    falls = _adjust_without(turned, rises)
    return _adjust_without(scores, falls), falls


def _adjust_without(scores: Scores, others: Mapping[Look, float]) -> dict[Look, float]:
    """Adjust the looks that have not clearly gone the other way; those that have are given 1."""
    open_looks = {look: score for look, score in scores.items() if others[look] > CLEAR}
    return dict.fromkeys(scores, 1.0) | adjust(open_looks)


def _choices(weeks: int, recent: int) -> np.ndarray:
    """Return one row per choice, with a 1 in the columns of the chosen weeks; the last row chooses the last weeks."""
    choices = [set(choice) for choice in combinations(range(weeks), recent)]
    return np.array([[float(week in choice) for week in range(weeks)] for choice in choices])


def _score(look: pl.DataFrame, chosen: np.ndarray) -> np.ndarray:
    counts, sums = _by_week(look, chosen.shape[1])
    strata = counts.sum(axis=0)
    in_chosen = chosen @ counts
    weight = (in_chosen * (strata - in_chosen) / strata).sum(axis=1)
    freedom = max(look.height - len(strata), 1)
    variance = float(look.select((pl.col("_rest") ** 2).sum()).item()) / freedom
    error = np.sqrt(variance * weight)
    # Equal values differ from their mean by what rounding leaves.
    varies = error > ROUNDING
    scores: np.ndarray = np.where(varies, chosen @ sums, 0.0) / np.where(varies, error, 1.0)
    return scores


def _by_week(look: pl.DataFrame, weeks: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pull requests by week and stratum, and the sum of their differences from it by week."""
    place = look["_place"].to_numpy()
    stratum = look["stratum"].rank("dense").to_numpy().astype(int) - 1
    counts = np.zeros((weeks, int(stratum.max()) + 1))
    np.add.at(counts, (place, stratum), 1.0)
    return counts, np.bincount(place, look["_rest"].to_numpy(), minlength=weeks)
