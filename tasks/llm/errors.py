"""What can go wrong with the language model.

LlmError
├── ReadingStopped            nothing more is to be sent in this run; what is done is kept
│   ├── ReadingFailed         the run fails: a person has to act
│   │   ├── KeyRefused            401, 403
│   │   ├── ModelUnknown          404
│   │   ├── RequestUnsupported    3xx, or a 4xx that says the configuration is wrong
│   │   │   └── FormatUnsupported         the model cannot be held to a JSON schema
│   │   └── ProviderDown          many failures in a row, or no answer at all
│   └── ReadingPaused         the run ends partial, the next one goes on
│       ├── QuotaReached          a daily quota, 402, or a wait longer than a run should sit through
│       └── BudgetSpent           our own cap of money or calls
├── RateLimited               429: the same pull request goes again after `seconds`
└── PullRequestUnread         this pull request only
    ├── AnswerUnusable            a reply that may be better the next time
    ├── InputTooLong              413 or over the context: a shorter input is tried once
    └── AnswerRefused             refusal or content filter: final

Messages name what was asked and never the key: the SDK's exceptions hold the request with its
headers, so they are never chained to these, logged or shown.
"""

from warehouse.errors import PrflowError


class LlmError(PrflowError):
    """The root. `hint` is what a person can do about it."""

    hint = "Run `prflow doctor` to check the settings."


class ReadingStopped(LlmError):
    """Nothing more is to be sent in this run; what is done is kept."""


class ReadingFailed(ReadingStopped):
    """The run fails: a person has to act."""


class KeyRefused(ReadingFailed):
    hint = "Check GROQ_API_KEY: it is wrong, was revoked, or may not use this model."


class ModelUnknown(ReadingFailed):
    hint = "Set PRFLOW_LLM_MODEL to a model that the provider at PRFLOW_LLM_BASE_URL offers."


class RequestUnsupported(ReadingFailed):
    hint = "Check PRFLOW_LLM_BASE_URL and PRFLOW_LLM_PROVIDER: the server does not take these requests."


class FormatUnsupported(RequestUnsupported):
    hint = "Set PRFLOW_LLM_ANSWER_FORMAT=json_object, or =none where that is refused too; or choose another model."


class ProviderDown(ReadingFailed):
    hint = "The provider is down or PRFLOW_LLM_BASE_URL is wrong. Nothing was marked failed: try again later."


class ReadingPaused(ReadingStopped):
    """The run ends partial; the next one goes on where it stopped."""


class QuotaReached(ReadingPaused):
    hint = "The next run goes on with the rest once the quota is free again."


class BudgetSpent(ReadingPaused):
    hint = "The next run goes on with the rest."


class RateLimited(LlmError):
    """429. `seconds` is what the provider asks to wait; None where it does not say. `sent_at` is the request's."""

    def __init__(self, message: str, seconds: float | None) -> None:
        super().__init__(message)
        self.seconds = seconds
        self.sent_at = 0.0


class PullRequestUnread(LlmError):
    """This pull request was not read, after so many `attempts` that used so many tokens.

    `code` is what `pr_analysis.error_code` keeps.
    """

    def __init__(self, code: str, message: str = "", *, is_provider: bool = False) -> None:
        super().__init__(message or code)
        self.code = code
        self.attempts = 1
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.is_provider = is_provider  # the provider's fault rather than this pull request's
        self.body: str | None = None  # the reply of the last try, where there was one with status 200


class AnswerUnusable(PullRequestUnread):
    """A reply that may be better the next time."""


class InputTooLong(PullRequestUnread):
    """413, or over the model's context."""


class AnswerRefused(PullRequestUnread):
    """Refusal or content filter: final for this input."""
