"""The bounds of one query."""

from dataclasses import dataclass

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Bounds:
    """At most this many seconds, rows, bytes of result, and bytes of memory in DuckDB."""

    seconds: float = 60.0
    rows: int = 1_000_000
    result_bytes: int = 512 * MEGABYTE
    memory_bytes: int = 2_048 * MEGABYTE
