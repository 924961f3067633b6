"""Agreement between two judges, by worked examples."""

import pytest

from benchmarks.analysis.scores import agreement, f1_by_class, kappa, macro_f1

# 25 yes and 25 no by the first; the textbook's example of Cohen's kappa.
PAIRS = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15


def test_the_textbooks_example() -> None:
    assert agreement(PAIRS) == pytest.approx(0.7)
    assert kappa(PAIRS) == pytest.approx(0.4)
    assert f1_by_class(PAIRS) == {"no": pytest.approx(30 / 45), "yes": pytest.approx(40 / 55)}
    assert macro_f1(PAIRS) == pytest.approx((30 / 45 + 40 / 55) / 2)


def test_a_class_that_only_one_side_names_counts_as_missed() -> None:
    assert f1_by_class([("docs", "chore")]) == {"chore": 0.0, "docs": 0.0}
    assert kappa([("docs", "chore")]) == 0


def test_full_agreement() -> None:
    pairs = [("docs", "docs"), ("test", "test")]
    assert (agreement(pairs), macro_f1(pairs), kappa(pairs)) == (1, 1, 1)


def test_what_is_not_defined_is_none() -> None:
    assert (agreement([]), macro_f1([]), kappa([])) == (None, None, None)
    assert kappa([("docs", "docs")]) is None  # chance alone agrees fully
