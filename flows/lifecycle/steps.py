"""Steps of a later run that fail on their own: the others run, and the run fails once they are done."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from prefect import get_run_logger

from flows.lifecycle.explain import describe

T = TypeVar("T")


@dataclass
class Steps:
    """The first error of the steps so far. What a night could not fetch or read, the next one does."""

    error: Exception | None = None

    async def attempt(self, step: Awaitable[T]) -> T | None:
        """Return the result of a step, or None if it failed. A cancelled or killed run ends at once."""
        try:
            return await step
        except Exception as error:  # noqa: BLE001  the flow boundary: whatever it is, what is stored is measured
            self.error = self.error or error
            get_run_logger().error("%s The run goes on with what is stored, and fails at its end.", describe(error)[0])
            return None

    def raise_first(self) -> None:
        """Raise the error of the first step that failed, if any did."""
        if self.error is not None:
            raise self.error
