"""The private PostgreSQL cluster of the benchmarks, for tests: where there is none they are skipped with the reason."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from benchmarks import postgres
from benchmarks.postgres import PASSWORD, Cluster, PostgresMissing, libpq_quoted

__all__ = ["PASSWORD", "Cluster", "cluster", "libpq_quoted"]


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start one, or skip the test with the reason."""
    with ExitStack() as stack:
        try:
            made = stack.enter_context(postgres.cluster())
        except PostgresMissing as error:
            pytest.skip(str(error))
        yield made
