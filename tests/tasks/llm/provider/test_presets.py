"""Presets supply settings that are not set; others take precedence."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from tasks.llm.provider.presets import PRESETS
from tasks.llm.provider.providers import (
    FREE,
    AnswerFormat,
    Price,
    resolve_answer_format,
    resolve_price,
    resolve_provider,
)
from tasks.llm.provider.settings import LlmSettings

DOCUMENT = Path(__file__).resolve().parents[4] / "docs/llm.md"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)


def settings(monkeypatch: pytest.MonkeyPatch, **variables: str) -> LlmSettings:
    for name, value in variables.items():
        monkeypatch.setenv(f"PRFLOW_LLM_{name}", value)
    return LlmSettings(_env_file=None)


def test_groqs_free_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, PRESET="groq-free")
    assert (found.rpm, found.tpm, found.rpd, found.tpd) == (30, 8_000, 1_000, 200_000)


def test_what_is_set_wins_over_the_preset_and_an_empty_line_sets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, PRESET="groq-free", RPM="20", TPM="", MODEL="openai/gpt-oss-20b")
    assert (found.rpm, found.tpm, found.model) == (20, 8_000, "openai/gpt-oss-20b")


def test_a_provider_brings_its_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, PROVIDER="ollama", MODEL="qwen3")
    assert (found.base_url, found.model, found.in_flight) == ("http://localhost:11434/v1", "qwen3", 2)
    assert resolve_price(found) == FREE


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_of_a_known_provider_and_has_an_answer_format(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    found = settings(monkeypatch, PRESET=name)
    assert resolve_provider(found).name == PRESETS[name].provider
    assert resolve_answer_format(found) in AnswerFormat


@pytest.mark.parametrize("name", PRESETS)
def test_the_table_of_presets_says_what_they_are(name: str) -> None:
    preset = PRESETS[name]
    [line] = [line for line in DOCUMENT.read_text().splitlines() if line.startswith(f"| `{name}` |")]
    calls = f"{preset.in_flight} at once" if preset.in_flight else f"{preset.rpm:,}"
    limits = [calls, *(f"{limit:,}" if limit else "" for limit in (preset.tpm, preset.rpd, preset.tpd))]
    assert [cell.strip() for cell in line.split("|")[3:7]] == limits
    assert preset.model in line


def test_an_unknown_preset_is_named_with_the_known_ones_and_no_key_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_secret")
    with pytest.raises(ValidationError, match="groq-free, groq-dev") as caught:
        settings(monkeypatch, PRESET="grok")
    assert "gsk_secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "rpm"),
    [
        ({"RATE_LIMIT_DELAY": "2.1"}, 28),
        ({"RATE_LIMIT_DELAY": "60"}, 1),
        ({"RATE_LIMIT_DELAY": "2", "RPM": "10"}, 10),
        ({"RATE_LIMIT_DELAY": "6", "RPM": "100"}, 10),
        ({"RATE_LIMIT_DELAY": "1", "PRESET": "groq-dev"}, 60),
    ],
)
def test_a_delay_is_a_rate(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], rpm: int) -> None:
    assert settings(monkeypatch, **variables).rpm == rpm


def test_a_price_of_ones_own_wins_and_an_unknown_one_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve_price(settings(monkeypatch, MODEL="something-new")) is None
    found = settings(monkeypatch, PRICE_PROMPT_USD="1", PRICE_COMPLETION_USD="2")
    assert resolve_price(found) == Price(1.0, 1.0, 2.0)


def test_the_answer_format_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve_answer_format(settings(monkeypatch, ANSWER_FORMAT="none")) is AnswerFormat.NONE
