import pytest

from flows.lifecycle.explain import MAX_LENGTH, describe
from tasks.github.api.errors import TokenRefused
from warehouse.errors import NotConfigured


def test_an_exception_of_ours_says_itself_what_to_do() -> None:
    words, hint = describe(TokenRefused("GitHub refused the token"))
    assert words == "GitHub refused the token"
    assert hint == TokenRefused.hint


def test_a_missing_setting_is_named_in_the_way_out() -> None:
    words, hint = describe(ValueError("GROQ_API_KEY is not set"))
    assert words == "GROQ_API_KEY is not set"
    assert "Set GROQ_API_KEY in the environment or in .env" in hint


def test_a_missing_setting_that_is_our_own_error_is_named_too() -> None:
    words, hint = describe(NotConfigured("GITHUB_TOKEN is not set"))
    assert words == "GITHUB_TOKEN is not set"
    assert "Set GITHUB_TOKEN in the environment or in .env" in hint


def test_a_setting_of_many_words_is_named_in_the_way_out_too() -> None:
    _, hint = describe(ValueError("PRFLOW_GITHUB_APP_PRIVATE_KEY holds no private RSA key"))
    assert "Set PRFLOW_GITHUB_APP_PRIVATE_KEY in the environment" in hint


def test_of_a_foreign_exception_only_type_and_first_line_are_shown() -> None:
    words, _ = describe(KeyError("x\nsecond line"))
    assert words.startswith("KeyError: ")
    assert "\n" not in words


def test_a_long_message_is_cut() -> None:
    words, _ = describe(RuntimeError("x" * 10_000))
    assert len(words) <= MAX_LENGTH + len("RuntimeError: ")


def test_a_token_that_stands_in_a_message_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_verysecret")
    words, hint = describe(RuntimeError("cannot reach https://ghp_verysecret@github.com"))
    assert "verysecret" not in words + hint
    assert "<GITHUB_TOKEN>" in words


def test_an_end_without_an_exception_points_at_the_log() -> None:
    words, hint = describe(None)
    assert words
    assert "log" in hint


@pytest.mark.parametrize(
    ("name", "value", "leak"),
    [
        ("GITHUB_TOKEN", "first-of-two,second-of-two", "second-of-two"),
        ("PRFLOW_GITHUB_TOKENS", "third-token, fourth-token", "fourth-token"),
        ("PRFLOW_GITHUB_APP_PRIVATE_KEY", "-----BEGIN-----\\nMIIcanary\\n-----END-----", "MIIcanary"),
    ],
)
def test_neither_one_of_several_tokens_nor_a_line_of_a_key_is_repeated(
    name: str, value: str, leak: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    words, _ = describe(RuntimeError(f"the server said {leak} was wrong"))
    assert words == f"RuntimeError: the server said <{name}> was wrong"


@pytest.mark.parametrize(
    "token", ["ghs_" + "a1b2" * 9, "gho_" + "c3d4" * 9, "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiI3NyJ9.abcdef"]
)
def test_a_token_that_was_issued_meanwhile_is_known_by_its_form(token: str) -> None:
    words, _ = describe(RuntimeError(f"could not use {token} there"))
    assert token not in words
    assert words.endswith("there")
