"""Errors of the language model.

LlmError
├── AnalysisStopped           stop sending; what was analysed so far is kept
│   ├── AnalysisFailed        the run fails: a person has to act
│   │   ├── KeyRefused            401, 403
│   │   ├── ModelNotFound         404
│   │   ├── RequestUnsupported    3xx, or a 4xx that points to a wrong configuration
│   │   │   └── FormatUnsupported         the model does not support JSON schemas
│   │   ├── AnswersUnusable       many consecutive answers that cannot be read
│   │   └── ProviderDown          many consecutive failures, or no answer at all
│   └── AnalysisPaused        the run ends as partial; the next run continues
│       ├── QuotaExhausted        a daily quota, 402, or a wait longer than MAX_WAIT_SECONDS
│       │   └── RateLimitedTooOften   the same requests again and again: the next run begins with others
│       └── BudgetExhausted       our own cap on cost, time or pull requests
├── RateLimited               429: the same pull request is sent again after `seconds`
└── PullRequestFailed         this pull request only
    ├── AnswerUnusable            no usable answer; a retry may succeed
    ├── InputTooLong              over a limit of the model or the provider: a shorter input is tried, then given up
    └── AnswerRefused             refusal or content filter: final

KeyMissing, a NotConfigured, is raised before anything is sent.

Messages name what was requested and never the key. The SDK's exceptions hold the request with its
headers, so they are never chained to these, logged or shown.
"""

from warehouse.errors import NotConfigured, PrflowError


class LlmError(PrflowError):
    """The base class. `hint` says what a person can do about it."""

    hint = "Run `prflow doctor` to check the settings."


class KeyMissing(NotConfigured):
    """No key is set for a provider that needs one."""

    hint = (
        "Set GROQ_API_KEY, or begin with rules alone until there is a key: run `prflow onboard OWNER --without-model`."
    )


class AnalysisStopped(LlmError):
    """Nothing more may be sent in this run; what was analysed so far is kept."""


class AnalysisFailed(AnalysisStopped):
    """The run fails: a person has to act."""


class KeyRefused(AnalysisFailed):
    hint = "Check GROQ_API_KEY: it is wrong, was revoked, or may not use this model."


class ModelNotFound(AnalysisFailed):
    hint = "Set PRFLOW_LLM_MODEL to a model that the provider at PRFLOW_LLM_BASE_URL offers."


class RequestUnsupported(AnalysisFailed):
    hint = "Check PRFLOW_LLM_BASE_URL and PRFLOW_LLM_PROVIDER: the server does not accept these requests."


class FormatUnsupported(RequestUnsupported):
    hint = "Set PRFLOW_LLM_ANSWER_FORMAT=json_object, or =none if that is refused too; or choose another model."


class ProviderDown(AnalysisFailed):
    hint = (
        "The provider is down or PRFLOW_LLM_BASE_URL is wrong. No pull request was marked as failed: try again later."
    )


class AnswersUnusable(AnalysisFailed):
    hint = "Choose another model with PRFLOW_LLM_MODEL, or another PRFLOW_LLM_ANSWER_FORMAT, then run it again."


class AnalysisPaused(AnalysisStopped):
    """The run ends as partial; the next run continues where it stopped."""


class QuotaExhausted(AnalysisPaused):
    hint = "The next run continues with the rest once the quota is available again."


class RateLimitedTooOften(QuotaExhausted):
    """Many consecutive 429s that name no quota."""


class BudgetExhausted(AnalysisPaused):
    hint = "The next run continues with the rest."


class RateLimited(LlmError):
    """429. `seconds` is the wait that the provider asks for, None if it does not say.

    `sent_at` is when the request was sent, in the seconds of the client's clock.
    """

    def __init__(self, message: str, seconds: float | None) -> None:
        super().__init__(message)
        self.seconds = seconds
        self.sent_at = 0.0


class PullRequestFailed(LlmError):
    """This pull request could not be analysed, after `attempts` requests that used these tokens.

    `code` is stored in `pr_analysis.error_code`. `is_provider_fault` is True if the provider is to blame rather
    than this pull request. `body` is the last response with status 200, None if there was none.
    """

    def __init__(self, code: str, message: str = "", *, is_provider_fault: bool = False) -> None:
        super().__init__(message or code)
        self.code = code
        self.attempts = 1
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.is_provider_fault = is_provider_fault
        self.body: str | None = None


class AnswerUnusable(PullRequestFailed):
    """No usable answer; a retry may succeed."""


class InputTooLong(PullRequestFailed):
    """413, over the context window, or a rate limit that only this request meets: final if shorter inputs fail, too."""


class AnswerRefused(PullRequestFailed):
    """Refusal or content filter: final for this input."""
