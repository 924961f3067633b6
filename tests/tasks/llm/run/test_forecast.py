"""The forecast of a run, compared with the run."""

from typing import Any

import pytest

from tasks.llm.run.forecast import Forecast, make_forecast
from warehouse.windows import Phase


def forecast(team: Any, settings: Any) -> Forecast:
    return make_forecast(team.warehouse, "acme", Phase.INCREMENTAL, settings, lambda _done, _total: None)


def test_it_foretells_what_the_run_then_takes(team: Any, model: Any, pull_request: Any, make_settings: Any) -> None:
    team.store_many(12)
    team.store(pull_request(id="PR_bump", title="Bump a from 1.0.0 to 1.0.1", author_login="dependabot"))
    settings = make_settings(model="openai/gpt-oss-120b")
    found = forecast(team, settings)
    assert model.stats()["requests"] == 0
    tally = team.analyse(settings)
    assert (found.pending, found.by_rule, found.by_model) == (13, tally.by_rule, tally.by_model) == (13, 1, 12)
    assert found.prompt_tokens == pytest.approx(tally.prompt_tokens, rel=0.02)
    assert forecast(team, settings).pending == 0
    team.store_many(14)
    again = forecast(team, settings)  # it has learnt by now how long answers are
    assert again.completion_tokens == pytest.approx(tally.completion_tokens / 12 * 2, rel=0.05)
    assert again.cost_usd == pytest.approx(tally.cost_usd / 12 * 2, rel=0.05)
    other = forecast(team, make_settings(model="of-unknown-price"))
    assert (other.by_rule, other.by_model, other.cost_usd) == (0, 14, None)


@pytest.mark.parametrize(
    ("limits", "bound_by", "days"),
    [
        ({"rpm": 6, "guard_seconds": 0.0}, "requests a minute", 1),
        ({"rpm": 600, "tpm": 2_000, "guard_seconds": 0.0}, "tokens a minute", 1),
        ({"rpm": 600, "rpd": 5}, "requests a day", 3),
        ({"rpm": 600, "tpd": 4_500}, "tokens a day", 3),
    ],
)
def test_it_names_the_limit_that_decides(
    team: Any, make_settings: Any, limits: dict[str, Any], bound_by: str, days: int
) -> None:
    team.store_many(12)
    found = forecast(team, make_settings(**limits))
    assert (found.bound_by, found.days) == (bound_by, days)
    if bound_by == "requests a minute":
        assert found.minutes == pytest.approx(2.0)
    if bound_by == "tokens a minute":
        asked_for = found.prompt_tokens + 12 * 450
        assert found.minutes == pytest.approx(asked_for / 2_000)


def test_a_limit_leaves_the_rest_out(team: Any, make_settings: Any) -> None:
    team.store_many(5)
    found = forecast(team, make_settings(limit=2))
    assert (found.pending, found.by_model, found.left_out) == (5, 2, 3)
    assert forecast(team, make_settings(limit=2, second_reading_share=1.0)).asked_twice == 0


def test_what_is_asked_twice_is_counted_and_paid(team: Any, make_settings: Any) -> None:
    team.store_many(5)
    once, twice = (forecast(team, make_settings(second_reading_share=share, rpm=1)) for share in (0.0, 1.0))
    assert (once.asked_twice, twice.asked_twice, twice.by_model) == (0, 5, 5)
    assert (twice.prompt_tokens, twice.minutes) == (2 * once.prompt_tokens, pytest.approx(2 * once.minutes))
