"""The checks of `prflow doctor`: what each finds, and what it is given."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

ReadBlock = Callable[[str], Awaitable[SecretStr | None]]
"""Return the value of Prefect's Secret block of this name; None if there is none."""


@dataclass(frozen=True)
class Check:
    """One line of `prflow doctor`. A `fault` keeps prflow from working, a `note` does not. `hint` says what to do."""

    name: str
    state: Literal["ok", "note", "fault"]
    message: str
    hint: str = ""


@dataclass(frozen=True)
class CheckContext:
    """What the check of a source may need to know.

    `owner` is the team that ran last, empty before the first. `find_block_reader` returns None if no Prefect server
    can be asked.
    """

    owner: str
    home: Path
    clock: Callable[[], datetime]
    find_block_reader: Callable[[], ReadBlock | None]
