"""Arguments and options that several commands share, and how examples are written below them."""

from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    """The kinds of files that an export writes."""

    DUCKDB = "duckdb"
    CSV = "csv"
    PARQUET = "parquet"


def examples(*lines: str) -> str:
    """Return what stands below a command's options: one paragraph per line, as Typer joins the lines of one."""
    return "\n\n".join(["Examples:", *lines])


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
