"""The rate limiter by a clock that only sleeping moves: hours pass in seconds."""

import asyncio
import itertools
import random
from pathlib import Path
from typing import Any

import pytest

from simulators.llm.arrivals import max_in_window
from tasks.llm.errors import QuotaExhausted
from tasks.llm.provider.rate_limiter import RateLimiter, RateLimits
from tasks.llm.provider.request_log import RequestLog
from warehouse.home.shared_database import FileDatabase


def make_limiter(path: Path, fake_time: Any, limits: RateLimits, bucket: str = "model") -> RateLimiter:
    return RateLimiter(
        RequestLog(FileDatabase(path / "rate.sqlite"), bucket, fake_time()),
        limits,
        clock=fake_time,
        sleep=fake_time.sleep,
    )


async def send(
    limiter: RateLimiter, fake_time: Any, seconds: float, jitter: float = 0.0, tokens: int = 0
) -> list[float]:
    """Take slots for so long; the body is written, and arrives, up to `jitter` seconds after the decision."""
    chance, arrivals, end = random.Random(7), [], fake_time() + seconds
    while fake_time() < end:
        slot = await limiter.acquire(tokens)
        fake_time.now += chance.uniform(0, jitter)
        limiter.mark_sent(slot)
        arrivals.append(fake_time() + chance.uniform(0, jitter))
    return sorted(arrivals)


@pytest.mark.parametrize(("rpm", "minutes"), [(30, 120), (1000, 5)])
def test_the_rate_is_used_and_never_exceeded(tmp_path: Path, fake_time: Any, rpm: int, minutes: int) -> None:
    limiter = make_limiter(tmp_path, fake_time, RateLimits(rpm))
    arrivals = asyncio.run(send(limiter, fake_time, minutes * 60, jitter=0.1 if rpm < 100 else 0.01))
    assert max_in_window(arrivals, [1] * len(arrivals)) <= rpm
    after_first = [at for at in arrivals if at >= arrivals[0] + 60]
    share = len(after_first) / (rpm * (minutes - 1))
    assert share >= 0.98


def test_a_restart_remembers_what_was_sent(tmp_path: Path, fake_time: Any) -> None:
    first = asyncio.run(send(make_limiter(tmp_path, fake_time, RateLimits(30)), fake_time, 40))
    second = asyncio.run(send(make_limiter(tmp_path, fake_time, RateLimits(30)), fake_time, 120))
    arrivals = first + second
    assert max_in_window(arrivals, [1] * len(arrivals)) <= 30


def test_requests_keep_half_the_even_gap(tmp_path: Path, fake_time: Any) -> None:
    arrivals = asyncio.run(send(make_limiter(tmp_path, fake_time, RateLimits(30)), fake_time, 20))
    assert min(later - sooner for sooner, later in itertools.pairwise(arrivals)) >= 1.0


def test_late_awakenings_cost_nothing_of_a_high_rate(tmp_path: Path, fake_time: Any) -> None:
    """Each wait takes 60 ms longer than requested, and requests are 60 ms apart."""

    async def oversleep(seconds: float) -> None:
        fake_time.now += seconds + 0.06

    log = RequestLog(FileDatabase(tmp_path / "rate.sqlite"), "model", fake_time())
    limiter = RateLimiter(log, RateLimits(1_000), clock=fake_time, sleep=oversleep)
    arrivals = asyncio.run(send(limiter, fake_time, 300))
    assert max_in_window(arrivals, [1] * len(arrivals)) <= 1_000
    assert len(arrivals) >= 5_000 * 0.98


def test_two_models_do_not_share_a_limit(tmp_path: Path, fake_time: Any) -> None:
    one = make_limiter(tmp_path, fake_time, RateLimits(1), "one")
    other = make_limiter(tmp_path, fake_time, RateLimits(1), "other")
    start = fake_time()
    asyncio.run(one.acquire(0))
    asyncio.run(other.acquire(0))
    assert fake_time() == start


def test_tokens_of_a_minute_are_never_exceeded(tmp_path: Path, fake_time: Any) -> None:
    limiter = make_limiter(tmp_path, fake_time, RateLimits(30, tpm=8_000))
    arrivals = asyncio.run(send(limiter, fake_time, 3600, jitter=0.1, tokens=1_200))
    most = max_in_window(arrivals, [1_200] * len(arrivals))
    assert most <= 8_000
    assert len(arrivals) * 1_200 / (60 * 8_000) > 0.88  # six requests of 1,200 fit into 8,000


def test_tokens_that_were_reserved_but_not_used_are_free_again(tmp_path: Path, fake_time: Any) -> None:
    async def scenario() -> float:
        limiter = make_limiter(tmp_path, fake_time, RateLimits(60, tpm=1_000))
        start = fake_time()
        slot = await limiter.acquire(1_000)
        limiter.record_usage(slot, 100, 100)
        await limiter.acquire(800)
        return float(fake_time() - start)

    assert asyncio.run(scenario()) == pytest.approx(10, abs=0.1)  # a burst's time, and no minute


def test_a_limit_that_only_the_provider_knows_is_learnt_from_its_headers(tmp_path: Path, fake_time: Any) -> None:
    """Its even refill is taken as the best case: what left the last minute is what is free."""
    limiter = make_limiter(tmp_path, fake_time, RateLimits(600))
    left = {"x-ratelimit-limit-tokens": "8000", "x-ratelimit-remaining-tokens": "8000"}
    limiter.observe_headers({**left, "x-ratelimit-reset-tokens": "0s"})
    arrivals = asyncio.run(send(limiter, fake_time, 1800, tokens=1_000))
    assert max_in_window(arrivals, [1_000] * len(arrivals)) <= 8_000
    assert len(arrivals) > 0.95 * 8 * 30


def test_what_others_use_of_the_same_limit_is_left_to_them(tmp_path: Path, fake_time: Any) -> None:
    """They used 6,000 of 8,000, we 1,000: what they used leaves evenly, and no more of ours goes until then."""

    async def scenario() -> float:
        limiter = make_limiter(tmp_path, fake_time, RateLimits(600, tpm=8_000))
        slot = await limiter.acquire(1_000)
        start = limiter.mark_sent(slot)
        left = {"x-ratelimit-limit-tokens": "8000", "x-ratelimit-remaining-tokens": "1000"}
        limiter.observe_headers({**left, "x-ratelimit-reset-tokens": "60s"}, start)
        await limiter.acquire(2_000)
        return float(fake_time() - start)

    assert asyncio.run(scenario()) == pytest.approx(10, abs=0.1)


def test_a_reply_that_was_overtaken_is_no_news(tmp_path: Path, fake_time: Any) -> None:
    limiter = make_limiter(tmp_path, fake_time, RateLimits(600))
    start = fake_time()
    limits = {"x-ratelimit-limit-tokens": "8000", "x-ratelimit-reset-tokens": "60s"}
    limiter.observe_headers({**limits, "x-ratelimit-remaining-tokens": "0"}, start)
    limiter.observe_headers({**limits, "x-ratelimit-remaining-tokens": "7000"}, start - 2)
    asyncio.run(limiter.acquire(4_000))
    assert fake_time() - start == pytest.approx(30, abs=0.1)


def test_a_request_larger_than_the_minute_goes_alone(tmp_path: Path, fake_time: Any) -> None:
    async def scenario() -> float:
        limiter = make_limiter(tmp_path, fake_time, RateLimits(30, tpm=1_000))
        start = fake_time()
        await limiter.acquire(5_000)
        await limiter.acquire(5_000)
        return float(fake_time() - start)

    assert asyncio.run(scenario()) == pytest.approx(60.9, abs=0.1)


def test_the_providers_own_count_of_tokens_is_followed_down(tmp_path: Path, fake_time: Any) -> None:
    async def scenario() -> float:
        limiter = make_limiter(tmp_path, fake_time, RateLimits(600))
        start = fake_time()
        left = {"x-ratelimit-limit-tokens": "8000", "x-ratelimit-remaining-tokens": "0"}
        limiter.observe_headers({**left, "x-ratelimit-reset-tokens": "60s"})
        await limiter.acquire(4_000)
        return float(fake_time() - start)

    assert asyncio.run(scenario()) == pytest.approx(30, abs=0.1)


def test_no_requests_left_at_the_provider_is_a_pause(tmp_path: Path, fake_time: Any) -> None:
    async def scenario() -> float:
        limiter = make_limiter(tmp_path, fake_time, RateLimits(600))
        start = fake_time()
        limiter.observe_headers({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m4.5s"})
        await limiter.acquire(0)
        return float(fake_time() - start)

    assert asyncio.run(scenario()) == pytest.approx(64.5, abs=0.1)


def test_a_pause_holds_for_other_processes_too(tmp_path: Path, fake_time: Any) -> None:
    one, other = (make_limiter(tmp_path, fake_time, RateLimits(600)) for _ in range(2))
    start = fake_time()
    one.pause(20)
    asyncio.run(other.acquire(0))
    assert fake_time() - start == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize(
    "limits", [RateLimits(600, rpd=50), RateLimits(600, tpd=5_000)], ids=["requests a day", "tokens a day"]
)
def test_a_used_up_day_ends_the_run_and_is_free_a_day_later(tmp_path: Path, fake_time: Any, limits: RateLimits) -> None:
    async def take(limiter: RateLimiter, times: int) -> None:
        for _ in range(times):
            await limiter.acquire(100)

    for _day in range(2):
        limiter = make_limiter(tmp_path, fake_time, limits)
        with pytest.raises(QuotaExhausted):
            asyncio.run(take(limiter, 51))
        assert limiter.requests == 50
        fake_time.now += 86_400 + 120


def test_a_clock_that_was_set_back_does_not_block(tmp_path: Path, fake_time: Any) -> None:
    limiter = make_limiter(tmp_path, fake_time, RateLimits(1))
    asyncio.run(limiter.acquire(0))
    fake_time.now -= 3_600
    before = fake_time()
    asyncio.run(limiter.acquire(0))
    assert fake_time() - before <= 62


def test_stopping_ends_those_that_wait_and_nobody_else(tmp_path: Path, fake_time: Any) -> None:
    async def scenario() -> tuple[bool, str]:
        is_sent, is_waiting, is_stopped = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def sleep(_seconds: float) -> None:
            is_waiting.set()
            await asyncio.Event().wait()

        log = RequestLog(FileDatabase(tmp_path / "rate.sqlite"), "model", fake_time())
        limiter = RateLimiter(log, RateLimits(1), clock=fake_time, sleep=sleep)

        async def sent() -> str:
            await limiter.acquire(0)
            is_sent.set()
            await is_stopped.wait()
            return "answered"

        on_the_way = asyncio.create_task(sent())
        await is_sent.wait()
        waiting = asyncio.create_task(sent())
        await is_waiting.wait()
        limiter.stop()
        is_stopped.set()
        await asyncio.wait([waiting, on_the_way])
        return waiting.cancelled(), on_the_way.result()

    assert asyncio.run(scenario()) == (True, "answered")
