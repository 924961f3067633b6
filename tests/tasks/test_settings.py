"""Settings say what is wrong with them in one sentence, and never what a secret is."""

import pytest
from pydantic import ValidationError

from flows.lifecycle.explain import describe, say
from tasks.github.api.settings import GitHubSettings


def refuse(**values: object) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        GitHubSettings(token="ghp_notforanyone", **values)  # type: ignore[arg-type]
    return caught.value


def test_the_windows_are_those_that_people_know() -> None:
    settings = GitHubSettings()
    assert (settings.days_back, settings.history_days, settings.skip_recent) == (30, 90, 0)
    assert (settings.page_size, settings.history_months) == (25, 12)


@pytest.mark.parametrize(
    "values", [{"skip_recent": 30}, {"days_back": 100}, {"history_days": 20}, {"days_back": 5, "skip_recent": 7}]
)
def test_windows_that_do_not_lie_behind_one_another_are_refused_in_one_sentence(values: dict[str, int]) -> None:
    words = say(refuse(**values))
    assert words.startswith("PRFLOW_SKIP_RECENT (")
    assert words.count(".") == 1
    assert all(name in words for name in ("PRFLOW_DAYS_BACK", "PRFLOW_HISTORY_DAYS"))


def test_a_number_out_of_its_range_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_PAGE_SIZE", "0")
    assert say(refuse()) == "PRFLOW_PAGE_SIZE: Input should be greater than or equal to 1."


def test_no_error_of_the_settings_quotes_the_token() -> None:
    error = refuse(skip_recent=90)
    assert "ghp_notforanyone" not in f"{error!r} {error} {describe(error)}"


@pytest.mark.parametrize("name", ["PRFLOW_PAGE_SIZE", "PRFLOW_BATCH_SIZE"])
def test_the_size_of_a_page_goes_by_both_of_its_names(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "7")
    assert GitHubSettings().page_size == 7
