"""Process that tests start and kill: sends as fast as the rate limiter allows.

python sending_process.py URL LOG REQUESTS SECONDS GUARD: the limit is REQUESTS in SECONDS.
"""

import asyncio
import sys
import time
from pathlib import Path

import httpx2

from tasks.llm.provider.rate_limiter import RateLimiter, RateLimits
from tasks.llm.provider.request_log import RequestLog
from tasks.llm.provider.transport import RateLimitedTransport
from warehouse.home.shared_database import FileDatabase

WORKERS = 4
BODY = {"model": "m", "messages": [{"role": "user", "content": "title"}], "max_completion_tokens": 40}


async def main() -> None:
    url, path, requests, seconds, guard = sys.argv[1:]
    limits = RateLimits(int(requests), guard_seconds=float(guard), minute_seconds=float(seconds))
    limiter = RateLimiter(
        RequestLog(FileDatabase(Path(path)), "model", time.time()), limits, clock=time.time, sleep=asyncio.sleep
    )
    transport = RateLimitedTransport(httpx2.AsyncHTTPTransport(), limiter, "key", seconds=10, clock=time.time)
    async with httpx2.AsyncClient(transport=transport, timeout=10) as client:
        await asyncio.gather(*(_send(client, f"{url}/chat/completions") for _ in range(WORKERS)))


async def _send(client: httpx2.AsyncClient, url: str) -> None:
    while True:
        await client.post(url, json=BODY)


if __name__ == "__main__":
    asyncio.run(main())
