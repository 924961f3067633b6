"""What a client of the model needs of a question, whatever it asks about."""

from typing import Any, Protocol, Self, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Question(Protocol[T_co]):
    """A question to the model, and how its answer is read.

    `halvings` says how often its data were halved for a model that takes less; `is_truncated`, whether any are missing.
    """

    @property
    def halvings(self) -> int: ...

    @property
    def is_truncated(self) -> bool: ...

    def messages(self, nonce: str, language: str) -> list[dict[str, str]]:
        """Return the messages of the request; `nonce` is a code that the data cannot know."""

    def schema(self) -> tuple[str, dict[str, Any]]:
        """Return the name and the JSON schema of the answer."""

    def parse(self, content: str) -> T_co:
        """Read the answer; AnswerUnusable if there is none in the text."""

    def halved(self) -> Self:
        """Return the same question with half of its data."""
