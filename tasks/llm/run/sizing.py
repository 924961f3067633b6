"""Number of concurrent requests and size of an input, from the settings and the latencies so far."""

import math
from collections.abc import Sequence

from tasks.llm.prompt.prompt import INSTRUCTIONS, MAX_INPUT_BYTES
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.provider.token_estimate import BYTES_PER_TOKEN

# Assumed until the first answers have shown how long they take.
INITIAL_LATENCY_SECONDS = 1.5
MAX_CONCURRENCY = 200
MIN_INPUT_BYTES = 500


def max_concurrency(settings: LlmSettings, latencies: Sequence[float]) -> int:
    """Return how many concurrent requests keep up the rate in spite of latency (its 99th percentile).

    Enough for twice the even rate, since the rate limit allows bursts: a request that is sent late delays others a
    minute later as well. The setting `in_flight` is an upper bound.
    """
    slow = sorted(latencies)[int(len(latencies) * 0.99)] if latencies else INITIAL_LATENCY_SECONDS
    return min(math.ceil(settings.rpm / 60 * slow * 2) + 2, settings.in_flight or MAX_CONCURRENCY)


def max_input_bytes(settings: LlmSettings) -> int:
    """Return the maximum size of an input, reduced if one request would exceed the tokens of a minute."""
    if settings.tpm is None:
        return MAX_INPUT_BYTES
    tokens = settings.tpm - settings.max_completion_tokens - len(INSTRUCTIONS) / BYTES_PER_TOKEN
    return max(min(MAX_INPUT_BYTES, int(tokens * BYTES_PER_TOKEN * 0.9)), MIN_INPUT_BYTES)
