"""The figure of agreement, by hand and by raters that are known to be right so often."""

import numpy as np
import polars as pl
import pytest

from warehouse.metrics.precision.agreement import compute_agreement


def drawn(subject: str, right: int, wrong: int, left: int, hits: int = 90) -> pl.DataFrame:
    answers = [True] * right + [False] * wrong + [None] * left
    return pl.DataFrame(
        {"question": ["sign"] * len(answers), "subject": [subject] * len(answers), "hits": [hits] * len(answers),
         "is_right": pl.Series(answers, dtype=pl.Boolean)}
    )  # fmt: skip


def test_the_share_is_of_those_that_were_judged() -> None:
    found = compute_agreement(pl.concat([drawn("a", 26, 4, 0), drawn("b", 0, 0, 20, hits=20), drawn("c", 5, 0, 15)]))
    assert (
        found.drop("question")
        .with_columns(pl.col("share", "low", "high").round(2))
        .equals(
            pl.DataFrame(
                [
                    ("a", 90, 30, 30, 26, 0.87, 0.70, 0.95),
                    ("b", 20, 20, 0, 0, None, None, None),
                    ("c", 90, 20, 5, 5, 1.0, 0.57, 1.0),
                ],
                schema=found.drop("question").schema,
                orient="row",
            )
        )
    )


@pytest.mark.parametrize("truth", [0.6, 0.75, 0.87, 0.95])
def test_the_interval_holds_the_truth_of_simulated_raters(truth: float) -> None:
    right = np.random.default_rng(7).binomial(30, truth, size=1_000)
    intervals = {n: compute_agreement(drawn("a", n, 30 - n, 0)).row(0, named=True) for n in set(right.tolist())}
    held = sum(intervals[n]["low"] <= truth <= intervals[n]["high"] for n in right.tolist())
    assert held >= 930
