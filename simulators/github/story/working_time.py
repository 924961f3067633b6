"""Working time: eleven hours a day, weekends mostly off. Timestamps are seconds since 1970."""

from random import Random

HOUR = 3600
DAY = 24 * HOUR
OPENS, CLOSES = 8 * HOUR, 19 * HOUR
WEEKEND_WORK = 0.06
"""The share of weekend days on which somebody works."""

_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


def after_work(start: float, hours: float, offset: int, random: Random) -> float:
    """Return the time `hours` of working time after `start`, for somebody `offset` hours east of UTC."""
    local, left = start + offset * HOUR, hours * HOUR
    while True:
        midnight = local - local % DAY
        begin = max(local, midnight + OPENS)
        room = midnight + CLOSES - begin
        if room > 0 and (_is_workday(midnight) or random.random() < WEEKEND_WORK):
            if left < room:
                return begin + left - offset * HOUR
            left -= room
        local = midnight + DAY


def _is_workday(local: float) -> bool:
    return (int(local // DAY) + _EPOCH_WEEKDAY) % 7 < 5


def opening_time(day: float, offset: int, random: Random) -> float:
    """Return a time of the local day that begins at `day`: most around noon, some in the evening."""
    hour = min(22.5, max(6.5, random.gauss(13.2, 2.9)))
    return day + hour * HOUR - offset * HOUR + random.random() * 60


def day_weight(day: float) -> float:
    """Return the weight of a day: low at weekends, a little lower on Fridays."""
    weekday = (int(day // DAY) + _EPOCH_WEEKDAY) % 7
    return (1.0, 1.12, 1.1, 1.05, 0.83, 0.07, 0.06)[weekday]


def long_tailed(median: float, spread: float, random: Random) -> float:
    """Return a log-normal value: half are below `median`, and a few far above."""
    return median * random.lognormvariate(0.0, spread)
