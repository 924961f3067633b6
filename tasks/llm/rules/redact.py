"""Redact secrets by named patterns, before anything is hashed, stored or sent.

Patterns with a prefix of their own come first; the general ones at the end require a name before the
value. There is no rule by entropy, which would flag every commit hash in a pull request.
"""

import re
from dataclasses import dataclass

# Name and expression; if it has a group `secret`, only that part is replaced.
PATTERNS: tuple[tuple[str, str], ...] = (
    (
        "private_key",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[^-]|-(?!----END)){0,20000}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?",
    ),
    ("github_token", r"\bgh[pousr]_[A-Za-z0-9_.-]{19,700}[A-Za-z0-9]"),
    ("github_token", r"\bgithub_pat_[A-Za-z0-9_]{22,255}\b"),
    ("gitlab_token", r"\bgl(?:pat|dt|rt|ptt|cbt|ft|soat)-[\w-]{20,}"),
    ("anthropic_key", r"\bsk-ant-[\w-]{20,}"),
    ("openai_key", r"\bsk-(?:proj-|svcacct-|admin-|or-v1-|None-)?[A-Za-z0-9_-]{20,}"),
    ("groq_key", r"\bgsk_[A-Za-z0-9]{20,}\b"),
    ("huggingface_token", r"\bhf_[A-Za-z0-9]{30,}\b"),
    ("xai_key", r"\bxai-[A-Za-z0-9]{40,}\b"),
    ("aws_access_key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    ("aws_secret_key", r"(?i)aws.{0,20}(?:secret|sk|private).{0,20}?[=:]\s*[\"']?(?P<secret>[A-Za-z0-9/+]{40})\b"),
    ("google_api_key", r"\bAIza[\w-]{35}"),
    ("google_oauth", r"\bya29\.[\w-]{20,}"),
    ("google_oauth", r"\bGOCSPX-[\w-]{20,}"),
    ("azure_key", r"(?i)\b(?:AccountKey|SharedAccessKey)=(?P<secret>[A-Za-z0-9+/]{40,}={0,2})"),
    ("azure_key", r"\b[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}"),
    ("signature", r"(?i)[?&](?:sig|X-Amz-Signature)=(?P<secret>[A-Za-z0-9%+/=]{30,})"),
    ("slack_token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("slack_token", r"\bxapp-\d-[A-Za-z0-9-]{20,}"),
    ("slack_webhook", r"https://hooks\.slack\.com/(?:services|workflows)/[\w/]{20,}"),
    ("discord_webhook", r"https://(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}"),
    ("telegram_token", r"\b\d{8,10}:AA[\w-]{32,}"),
    ("stripe_key", r"\b(?:sk|rk|pk|whsec)_(?:live|test)_[A-Za-z0-9]{16,}\b"),
    ("stripe_key", r"\bwhsec_[A-Za-z0-9+/=]{20,}"),
    ("square_token", r"\bsq0(?:atp|csp)-[\w-]{20,}|\bEAAA[\w-]{56,}"),
    ("twilio_key", r"\b(?:SK|AC)[0-9a-f]{32}\b"),
    ("sendgrid_key", r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    ("mailgun_key", r"\bkey-[0-9a-f]{32}\b"),
    ("mailchimp_key", r"\b[0-9a-f]{32}-us\d{1,2}\b"),
    ("npm_token", r"\bnpm_[A-Za-z0-9]{30,}\b"),
    ("pypi_token", r"\bpypi-[\w-]{40,}"),
    ("docker_token", r"\bdckr_(?:pat|oat)_[\w-]{20,}"),
    ("digitalocean_token", r"\bdo[opr]_v1_[0-9a-f]{40,}\b"),
    ("databricks_token", r"\bdapi[0-9a-f]{32}\b"),
    ("linear_key", r"\blin_(?:api|oauth)_[A-Za-z0-9]{30,}\b"),
    ("notion_token", r"\b(?:secret_[A-Za-z0-9]{40,}|ntn_[A-Za-z0-9]{40,})\b"),
    ("vault_token", r"\bhv[sbr]\.[\w-]{24,}"),
    ("shopify_token", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b"),
    ("sentry_token", r"\bsntr[yu]s_[\w=+/-]{30,}"),
    ("grafana_token", r"\bgl(?:sa|c)_[\w=+/-]{30,}"),
    ("newrelic_key", r"\bNRAK-[A-Z0-9]{20,}\b"),
    ("age_key", r"\bAGE-SECRET-KEY-1[A-Z0-9]{50,}\b"),
    ("prefect_key", r"\bpn[ub]_[A-Za-z0-9]{30,}\b"),
    ("jwt", r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{5,}"),
    ("url_password", r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/:@\"'<>]{0,100}:(?P<secret>[^\s/@\"'<>]{3,200})@"),
    (
        "authorization",
        r"(?i)\b(?:authorization|proxy-authorization)[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token)\s+"
        r"(?P<secret>[\w.~+/=-]{8,})",
    ),
    ("authorization", r"(?i)\bbearer\s+(?P<secret>(?=[\w.~+/=-]{0,60}\d)[\w.~+/=-]{20,})"),
    (
        "assigned_secret",
        r"(?i)(?:password|passwd|pwd|passphrase|secret|(?<!publickey)token|api[_-]?key|access[_-]?key"
        r"|private[_-]?key|client[_-]?secret|credentials?)[\"'`]?\s*(?::=|=>|[:=])\s*[\"'`]?"
        r"(?P<secret>(?!your[_-])(?=[^\s\"'`,;]{0,60}\d)(?=[^\s\"'`,;]{0,60}[A-Za-z])"
        r"[^\s\"'`,;<>(){}\[\]$]{8,200})",
    ),
)
# An underscore before a token is not part of it: fix_ghp_...
_COMPILED = tuple((name, re.compile(re.sub(r"^\\b", "(?<![A-Za-z0-9])", pattern))) for name, pattern in PATTERNS)


@dataclass(frozen=True)
class RedactedText:
    """A text without secrets. `names` are those of the patterns that matched, one for each secret removed."""

    text: str
    names: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return len(self.names)


def redact(text: str) -> RedactedText:
    """Replace each secret in the text by the name of its pattern in brackets."""
    names: list[str] = []
    for name, pattern in _COMPILED:
        text, found = pattern.subn(lambda match, name=name: _replacement(match, name), text)  # type: ignore[misc]
        names += [name] * found
    return RedactedText(text, tuple(names))


def _replacement(match: re.Match[str], name: str) -> str:
    text = match.group(0)
    if "secret" not in match.re.groupindex:
        return f"[{name}]"
    start, end = (position - match.start() for position in match.span("secret"))
    return f"{text[:start]}[{name}]{text[end:]}"
