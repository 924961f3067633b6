"""Scores of agreement between two classifications. They take a few lines each, so no statistics package is needed.

A pair is (reference, judged). The definitions are the usual ones, as in scikit-learn. A score that is not defined (no
pair at all, or full agreement by chance alone) is None.
"""

from collections import Counter
from collections.abc import Sequence

Pairs = Sequence[tuple[str, str]]


def agreement(pairs: Pairs) -> float | None:
    """Return the share of equal pairs."""
    return sum(reference == judged for reference, judged in pairs) / len(pairs) if pairs else None


def f1_by_class(pairs: Pairs) -> dict[str, float]:
    """Return the harmonic mean of precision and recall by class."""
    hits = Counter(reference for reference, judged in pairs if reference == judged)
    named = Counter(reference for reference, _ in pairs) + Counter(judged for _, judged in pairs)
    return {name: 2 * hits[name] / count for name, count in sorted(named.items())}


def macro_f1(pairs: Pairs) -> float | None:
    """Return the unweighted mean over the classes, so that rare ones count as much as frequent ones."""
    scores = f1_by_class(pairs).values()
    return sum(scores) / len(scores) if scores else None


def kappa(pairs: Pairs) -> float | None:
    """Return Cohen's kappa: the agreement beyond chance, as a share of the possible agreement beyond chance."""
    if not pairs:
        return None
    count = len(pairs)
    references, judged = Counter(pair[0] for pair in pairs), Counter(pair[1] for pair in pairs)
    by_chance = sum(references[name] * judged[name] for name in references) / count**2
    observed = sum(reference == answer for reference, answer in pairs) / count
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)
