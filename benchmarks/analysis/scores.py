"""Agreement between two who put things into classes. A few lines each, so no statistics package is needed.

A pair is (reference, said). The definitions are the usual ones, those of scikit-learn among others; where a
figure is not defined (no pair at all, or chance alone gives full agreement) it is None.
"""

from collections import Counter
from collections.abc import Sequence

Pairs = Sequence[tuple[str, str]]


def agreement(pairs: Pairs) -> float | None:
    """Share of equal pairs."""
    return sum(reference == said for reference, said in pairs) / len(pairs) if pairs else None


def f1_by_class(pairs: Pairs) -> dict[str, float]:
    """Harmonic mean of precision and recall of each class that either side names."""
    hits = Counter(reference for reference, said in pairs if reference == said)
    named = Counter(reference for reference, _ in pairs) + Counter(said for _, said in pairs)
    return {name: 2 * hits[name] / count for name, count in sorted(named.items())}


def macro_f1(pairs: Pairs) -> float | None:
    """Unweighted mean over the classes: a rare one counts as much as a frequent one."""
    scores = f1_by_class(pairs).values()
    return sum(scores) / len(scores) if scores else None


def kappa(pairs: Pairs) -> float | None:
    """Cohen's: the agreement above what both would reach by chance, of what there is above it."""
    if not pairs:
        return None
    count = len(pairs)
    references, said = Counter(pair[0] for pair in pairs), Counter(pair[1] for pair in pairs)
    by_chance = sum(references[name] * said[name] for name in references) / count**2
    seen = sum(reference == answer for reference, answer in pairs) / count
    return None if by_chance == 1 else (seen - by_chance) / (1 - by_chance)
