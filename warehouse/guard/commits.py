"""What a commit is made within, if several processes write for one team."""

from collections.abc import Callable
from contextlib import AbstractContextManager

Guard = Callable[[], AbstractContextManager[None]]
"""Keeps others out while it lasts, or raises if nothing may be committed."""
