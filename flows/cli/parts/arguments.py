"""Arguments and options that several commands share, and how examples are written below them."""

import re
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

_WEEK = re.compile(r"(\d{4})-?W(\d{2})\Z", re.IGNORECASE)


class Format(StrEnum):
    """The kinds of files that an export writes."""

    DUCKDB = "duckdb"
    CSV = "csv"
    PARQUET = "parquet"


def examples(*lines: str) -> str:
    """Return what stands below a command's options: one paragraph per line, as Typer joins the lines of one."""
    return "\n\n".join(["Examples:", *lines])


def parse_timestamp(text: str) -> datetime:
    """Parse ISO 8601; a timestamp without a time zone is in UTC."""
    try:
        timestamp = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"Invalid timestamp '{text}': use ISO 8601, for example 2026-08-22T12:00Z.") from None
    return timestamp.replace(tzinfo=UTC) if timestamp.tzinfo is None else timestamp


def parse_week(text: str) -> date:
    """Return the Monday of a week, which may be written as 2026-W32 or as any day of it."""
    try:
        if found := _WEEK.match(text.strip()):
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
        day = date.fromisoformat(text.strip())
        return day - timedelta(days=day.weekday())
    except (ValueError, OverflowError):
        words = f"'{text[:20]}' is not a week: write it as 2026-W32, or as a day of it, for example 2026-08-05."
        raise typer.BadParameter(words) from None


Owner = Annotated[
    str,
    typer.Argument(metavar="OWNER", help="GitHub organisation or user, as in github.com/OWNER.", show_default=False),
]
TeamArgument = Annotated[
    str | None,
    typer.Argument(metavar="OWNER", help="GitHub owner; the team that ran last if omitted.", show_default=False),
]
TeamOption = Annotated[
    str | None,
    typer.Option(
        "--team",
        metavar="OWNER",
        help="Only for this GitHub owner; if omitted, for every owner without a token of its own.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else.")]
WeekOption = Annotated[
    date | None,
    typer.Option(
        "--week",
        metavar="WEEK",
        parser=parse_week,
        help="Week, as 2026-W32 or as any day of it; the last complete one if omitted.",
        show_default=False,
    ),
]
