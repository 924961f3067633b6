"""Planted secrets of many kinds, made up here piece by piece so that no scanner takes this file for a leak."""

import random
import string

_chance = random.Random(11)


def _made(alphabet: str, length: int) -> str:
    return "".join(_chance.choice(alphabet) for _ in range(length))


ALPHANUMERIC, HEX = string.ascii_letters + string.digits, "0123456789abcdef"

# A secret with a form of its own.
CANARIES: dict[str, str] = {
    "GitHub token": "ghp_" + _made(ALPHANUMERIC, 36),
    "GitHub fine-grained token": "github_pat_" + _made(ALPHANUMERIC, 60),
    "GitHub App token": "ghs_" + _made(ALPHANUMERIC, 36),
    "long GitHub App token": ".".join(("ghs_12345_eyJ" + _made(ALPHANUMERIC, 40), _made(ALPHANUMERIC, 90), "a1" * 30)),
    "GitHub user-to-server token": "ghu_" + _made(ALPHANUMERIC, 36),
    "GitLab token": "glpat-" + _made(ALPHANUMERIC, 20),
    "OpenAI key": "sk-proj-" + _made(ALPHANUMERIC, 48),
    "Anthropic key": "sk-ant-api03-" + _made(ALPHANUMERIC, 60),
    "Groq key": "gsk_" + _made(ALPHANUMERIC, 52),
    "Hugging Face token": "hf_" + _made(ALPHANUMERIC, 34),
    "AWS access key": "AKIA" + _made(string.ascii_uppercase + string.digits, 16),
    "Google API key": "AIza" + _made(ALPHANUMERIC, 35),
    "Azure client secret": "a1B8Q~" + _made(ALPHANUMERIC, 34),
    "Slack token": "xoxb-" + _made(string.digits, 12) + "-" + _made(ALPHANUMERIC, 24),
    "Slack webhook": "https://hooks.slack.com/services/T0AAAA/B0BBBB/" + _made(ALPHANUMERIC, 24),
    "Stripe key": "sk_live_" + _made(ALPHANUMERIC, 24),
    "SendGrid key": "SG." + _made(ALPHANUMERIC, 22) + "." + _made(ALPHANUMERIC, 43),
    "Twilio key": "SK" + _made(HEX, 32),
    "npm token": "npm_" + _made(ALPHANUMERIC, 36),
    "PyPI token": "pypi-" + _made(ALPHANUMERIC, 60),
    "Telegram token": _made(string.digits, 9) + ":AA" + _made(ALPHANUMERIC, 33),
    "DigitalOcean token": "dop_v1_" + _made(HEX, 64),
    "JSON web token": ".".join(("eyJ" + _made(ALPHANUMERIC, 20), "eyJ" + _made(ALPHANUMERIC, 40), "a1" * 22)),
    "private key": f"-----BEGIN PRIVATE KEY-----\n{_made(ALPHANUMERIC, 64)}\n-----END PRIVATE KEY-----",
    "OpenSSH key": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{_made(ALPHANUMERIC, 64)}\n-----END OPENSSH PRIVATE KEY-----",
}  # fmt: skip

# A secret that is known by what stands before it: the text, and the secret in it.
NAMED: dict[str, tuple[str, str]] = {
    name: (template.format(secret), secret)
    for name, template, secret in (
        ("AWS secret", "aws_secret_access_key = {}", _made(ALPHANUMERIC, 40)),
        ("signature of an AWS link", "https://b.example/x?X-Amz-Signature={}", _made(HEX, 64)),
        ("Azure storage key", "DefaultEndpointsProtocol=https;AccountKey={}==", _made(ALPHANUMERIC, 86)),
        ("Azure SAS", "https://a.example/x?sv=2024&sig={}%3D", _made(ALPHANUMERIC, 43)),
        ("password of a database", "postgres://shop:{}@db.example.org/shop", "s3cr3t-" + _made(ALPHANUMERIC, 8)),
        ("password in a web address", "https://deploy:{}@git.example.org/x.git", "Pw-" + _made(ALPHANUMERIC, 12)),
        ("Authorization header", "Authorization: Bearer {}", _made(ALPHANUMERIC, 40)),
        ("Basic authentication", "Authorization: Basic {}", _made(ALPHANUMERIC, 24)),
        ("password in a setting", "DB_PASSWORD: '{}'", "Tr0ub4dor-" + _made(ALPHANUMERIC, 6)),
        ("key in a setting", '"api_key": "{}"', _made(ALPHANUMERIC, 32)),
    )
}

TEXTS = [*CANARIES.values(), *(text for text, _ in NAMED.values())]


def parts_in(text: str) -> list[str]:
    """Which secrets the text holds, or a part of which of those that go over several lines."""
    secrets = [*CANARIES.values(), *(secret for _, secret in NAMED.values())]
    parts = [part for secret in secrets for part in secret.split("\n") if "PRIVATE KEY" not in part]
    return [part for part in parts if part in text]


# GitHub's own texts are kept as GitHub holds them, in these columns and nowhere else.
OF_GITHUB = frozenset(
    {
        ("pull_requests", "title"),
        ("pull_requests", "body"),
        ("pull_requests", "head_ref"),
        ("commits", "headline"),
        ("commits", "trailers"),
        ("files", "path"),
    }
)
