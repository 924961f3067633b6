"""The bounds of one query."""

from dataclasses import dataclass

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Bounds:
    """At most this many seconds, rows, bytes of result, and bytes of memory in DuckDB.

    More rows are an error, unless `first_rows_only`: then the first of them are the result. Lists and structures come
    as they are, or as JSON of at most `nested_chars` characters: packed, they hold far more than their bytes tell.
    """

    seconds: float = 60.0
    rows: int = 1_000_000
    result_bytes: int = 512 * MEGABYTE
    memory_bytes: int = 2_048 * MEGABYTE
    first_rows_only: bool = False
    nested_chars: int | None = None
