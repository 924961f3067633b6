"""Planted secrets: none of them may leave, be hashed in, or be stored."""

import random
import string
import time
from typing import Any

import pytest

from tasks.llm.clean import clean
from tasks.llm.prompt import LONGEST_TITLE, make_prompt
from tasks.llm.redact import redact

_chance = random.Random(11)


def _made(alphabet: str, length: int) -> str:
    return "".join(_chance.choice(alphabet) for _ in range(length))


ALPHANUMERIC, HEX = string.ascii_letters + string.digits, "0123456789abcdef"

# Made up here, piece by piece, so that no scanner takes this file for a leak.
CANARIES: dict[str, str] = {
    "GitHub token": "ghp_" + _made(ALPHANUMERIC, 36),
    "GitHub fine-grained token": "github_pat_" + _made(ALPHANUMERIC, 60),
    "GitLab token": "glpat-" + _made(ALPHANUMERIC, 20),
    "OpenAI key": "sk-proj-" + _made(ALPHANUMERIC, 48),
    "Anthropic key": "sk-ant-api03-" + _made(ALPHANUMERIC, 60),
    "Groq key": "gsk_" + _made(ALPHANUMERIC, 52),
    "Hugging Face token": "hf_" + _made(ALPHANUMERIC, 34),
    "AWS access key": "AKIA" + _made(string.ascii_uppercase + string.digits, 16),
    "Google API key": "AIza" + _made(ALPHANUMERIC, 35),
    "Slack token": "xoxb-" + _made(string.digits, 12) + "-" + _made(ALPHANUMERIC, 24),
    "Slack webhook": "https://hooks.slack.com/services/T0AAAA/B0BBBB/" + _made(ALPHANUMERIC, 24),
    "Stripe key": "sk_live_" + _made(ALPHANUMERIC, 24),
    "SendGrid key": "SG." + _made(ALPHANUMERIC, 22) + "." + _made(ALPHANUMERIC, 43),
    "Twilio key": "SK" + _made(HEX, 32),
    "npm token": "npm_" + _made(ALPHANUMERIC, 36),
    "PyPI token": "pypi-" + _made(ALPHANUMERIC, 60),
    "Telegram token": _made(string.digits, 9) + ":AA" + _made(ALPHANUMERIC, 33),
    "DigitalOcean token": "dop_v1_" + _made(HEX, 64),
    "JSON web token": ".".join(("eyJ" + _made(ALPHANUMERIC, 20), "eyJ" + _made(ALPHANUMERIC, 40), "a" * 43)),
    "private key": f"-----BEGIN PRIVATE KEY-----\n{_made(ALPHANUMERIC, 64)}\n-----END PRIVATE KEY-----",
}  # fmt: skip
NAMED: dict[str, tuple[str, str]] = {
    name: (template.format(secret), secret)
    for name, template, secret in (
        ("AWS secret", "aws_secret_access_key = {}", _made(ALPHANUMERIC, 40)),
        ("Azure storage key", "DefaultEndpointsProtocol=https;AccountKey={}==", _made(ALPHANUMERIC, 86)),
        ("password of a database", "postgres://shop:{}@db.example.org/shop", "s3cr3t-" + _made(ALPHANUMERIC, 8)),
        ("Authorization header", "Authorization: Bearer {}", _made(ALPHANUMERIC, 40)),
        ("password in a setting", "DB_PASSWORD: '{}'", "Tr0ub4dor-" + _made(ALPHANUMERIC, 6)),
        ("key in a setting", '"api_key": "{}"', _made(ALPHANUMERIC, 32)),
    )
}


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
    changed = pull_request(title="x" * (LONGEST_TITLE - cut_after - 1) + " " + token)
    assert token[4:cut_after] not in make_prompt(changed).data["title"]


def test_an_invisible_character_does_not_hide_a_secret() -> None:
    token = CANARIES["GitHub token"]
    hidden = f"{token[:10]}\u200b{token[10:]}"
    assert token not in redact(clean(hidden)).text
    assert redact(clean(hidden)).count == 1


def test_no_canary_leaves_or_is_stored(team: Any, model: Any, pull_request: Any, make_settings: Any) -> None:
    secrets = [*CANARIES.values(), *(secret for _, secret in NAMED.values())]
    texts = [*CANARIES.values(), *(text for text, _ in NAMED.values())]
    team.store(
        *(pull_request(id=f"PR_b{place}", body=f"It broke with\n{text}\nagain.") for place, text in enumerate(texts)),
        *(pull_request(id=f"PR_t{place}", title=f"Use {text}") for place, text in enumerate(texts)),
        *(pull_request(id=f"PR_l{place}", labels=(text,), head_ref=f"x/{text}") for place, text in enumerate(texts)),
    )
    team.read(make_settings())
    sent = "".join(model.simulator.bodies)
    kept = str(team.warehouse.read("SELECT * FROM pr_analysis").to_dicts())
    parts = [part for secret in secrets for part in secret.split("\n") if "PRIVATE KEY" not in part]
    assert [part for part in parts if part in sent or part in kept] == []
    assert all(row["redactions"] >= 1 for row in team.rows().values())


@pytest.mark.parametrize(
    "text",
    ["<!--" * 16_000, "password=" * 7_000, "-----BEGIN PRIVATE KEY-----" * 2_400, "eyJ" * 20_000, "x://a:" * 10_000,
     "aws secret " * 6_000, "bearer " * 9_000, "[x" * 30_000, "a" * 65_000, "\n \n" * 20_000],
    ids=lambda text: text[:12].strip(),
)  # fmt: skip
def test_a_hostile_text_takes_no_longer_than_another(text: str) -> None:
    started = time.process_time()
    redact(clean(text))
    assert time.process_time() - started < 2
