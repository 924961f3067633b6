"""Estimate how many tokens a text has before the provider has counted them."""

from collections import deque
from dataclasses import dataclass, field

# Measured over English Markdown and code, on the safe side: the rate limiter reserves by it.
BYTES_PER_TOKEN = 2.5


def estimate_tokens(byte_count: int) -> int:
    """Return a cautious estimate for `byte_count` bytes of UTF-8."""
    return int(byte_count / BYTES_PER_TOKEN) + 1


@dataclass
class TokenEstimator:
    """Estimates the tokens of a text from the provider's own counts.

    Cautious until the provider has counted `min_samples` texts; then by the highest ratio of tokens to bytes among
    the newest: tokens reserved in excess cannot be used by anyone until the response is there.
    """

    min_samples: int = 5
    ratios: "deque[float]" = field(default_factory=lambda: deque(maxlen=50))

    def estimate(self, text_bytes: int) -> int:
        if len(self.ratios) < self.min_samples:
            return estimate_tokens(text_bytes)
        return min(int(text_bytes * max(self.ratios)) + 1, estimate_tokens(text_bytes))

    def learn(self, text_bytes: int, prompt_tokens: int) -> None:
        """Take note that the provider counted `prompt_tokens` in a text of `text_bytes`."""
        if text_bytes and prompt_tokens:
            self.ratios.append(prompt_tokens / text_bytes)
