"""Planted secrets must not be sent, hashed or stored."""

import time
from typing import Any

import pytest

from tasks.llm.prompt.prompt import MAX_TITLE_LENGTH, make_prompt
from tasks.llm.rules.pull_request import ChangedFile, Commit
from tasks.llm.rules.redact import redact
from tasks.llm.rules.sanitise import sanitise
from tests.canaries import CANARIES, NAMED, TEXTS, parts_in


@pytest.mark.parametrize("secret", CANARIES.values(), ids=CANARIES.keys())
def test_a_secret_with_a_form_of_its_own_is_taken_out(secret: str) -> None:
    redacted = redact(f"It failed with {secret} in the log.")
    assert redacted.count == 1
    assert secret.split("\n")[-1][:30] not in redacted.text
    assert redacted.text.startswith("It failed with [")
    assert redacted.text.endswith("] in the log.")


@pytest.mark.parametrize(("text", "secret"), NAMED.values(), ids=NAMED.keys())
def test_a_secret_with_a_name_before_it_is_taken_out(text: str, secret: str) -> None:
    redacted = redact(text)
    assert redacted.count >= 1
    assert secret not in redacted.text


@pytest.mark.parametrize(
    "text",
    [
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "token: string; password: string",
        "The token is refreshed every hour; passwords are hashed.",
        "version 1.2.3 of task-runner at https://example.org/a/b?c=d",
        "System.Text.Json, Version=10.0.0.0, Culture=neutral, PublicKeyToken=cc7b13ffcd2ddd51",
        "ENCRYPTION_SECRET=your_64_character_hex_encryption_key",
        "uuid 123e4567-e89b-12d3-a456-426614174000",
        "`SECRET_KEY = os.environ['SECRET_KEY']`",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text).text == text


@pytest.mark.parametrize("cut_after", range(8, 40, 3))
def test_a_secret_at_a_bound_is_not_cut_into_one_that_nobody_knows(pull_request: Any, cut_after: int) -> None:
    token = CANARIES["GitHub token"]
    changed = pull_request(title="x" * (MAX_TITLE_LENGTH - cut_after - 1) + " " + token)
    assert token[4:cut_after] not in make_prompt(changed).data["title"]


def test_an_invisible_character_does_not_hide_a_secret() -> None:
    token = CANARIES["GitHub token"]
    hidden = f"{token[:10]}\u200b{token[10:]}"
    assert token not in redact(sanitise(hidden)).text
    assert redact(sanitise(hidden)).count == 1


def test_no_canary_leaves_or_is_stored(team: Any, model: Any, pull_request: Any, make_settings: Any) -> None:
    """In title, body, labels, branch, file name, headline and trailer; evidence of AI is quoted from some."""
    box = "- [x] An LLM saw {}"
    given = []
    for place, text in enumerate(TEXTS):
        line = " ".join(text.split())
        commit = Commit(f"Use {line}", "jane", "Jane", (f"Assisted-by: Claude, who saw {line}",))
        given += [
            pull_request(id=f"PR_b{place}", body=f"It broke with\n{text}\nagain."),
            pull_request(id=f"PR_e{place}", body=box.format(line)),
            pull_request(id=f"PR_t{place}", title=f"Use {text}"),
            pull_request(id=f"PR_l{place}", labels=(line,), head_ref=f"x/{line}"),
            pull_request(id=f"PR_f{place}", files=(ChangedFile(f"keys/{line}", 900, 3),)),
            pull_request(id=f"PR_c{place}", commits=(commit,)),
        ]
    team.store(*given)
    team.analyse(make_settings())
    rows = team.rows()
    assert len(rows) == len(model.simulator.bodies) == len(given)
    assert parts_in("".join(model.simulator.bodies)) == []
    assert parts_in(str(team.warehouse.read("SELECT * FROM pr_analysis").to_dicts())) == []
    assert [key for key, row in rows.items() if row["redactions"] < 1] == []


@pytest.mark.parametrize(
    "text",
    [
        "<!--" * 16_000,
        "password=" * 7_000,
        "-----BEGIN PRIVATE KEY-----" * 2_400,
        "eyJ" * 20_000,
        "x://a:" * 10_000,
        "aws secret " * 6_000,
        "bearer " * 9_000,
        "[x" * 30_000,
        "a" * 65_000,
        "\n \n" * 20_000,
    ],
    ids=lambda text: text[:12].strip(),
)
def test_a_hostile_text_takes_no_longer_than_another(text: str) -> None:
    started = time.process_time()
    redact(sanitise(text))
    assert time.process_time() - started < 2
