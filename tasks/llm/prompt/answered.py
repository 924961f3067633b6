"""A validated answer of the model, with the facts of its request."""

from dataclasses import dataclass
from typing import Generic

from tasks.llm.prompt.answer_schema import Answer
from tasks.llm.prompt.question import T
from tasks.llm.provider.responses import Usage


@dataclass(frozen=True)
class Answered(Generic[T]):
    """A validated answer with the facts of its request.

    `usage` includes failed attempts; `latency_ms` is that of the last one. `body` is the response as it came.
    """

    answer: T
    model: str
    request_id: str | None
    finish_reason: str | None
    usage: Usage
    latency_ms: int
    attempts: int
    is_truncated: bool
    body: str


ParsedCompletion = Answered[Answer]
"""The answer about a pull request."""
