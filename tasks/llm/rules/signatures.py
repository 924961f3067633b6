"""The signatures of AI assistance in `signatures.toml`."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TypedDict

LEVELS = ("none", "mentioned", "denied", "contains", "assisted", "authored")
"""From the weakest to the strongest. Only the last two say that a tool took part in the change itself."""

PLACES = (
    "author",
    "branch",
    "commit",
    "name",
    "trailer",
    "merge",
    "merged",
    "marker",
    "footer",
    "template",
    "answer",
    "prose",
    "mention",
)
"""From the most to the least reliable; `signatures.toml` explains them."""


@dataclass(frozen=True)
class Signature:
    """One row of `signatures.toml`, which explains the fields, or one that a team added (`is_of_team`)."""

    id: str
    tool: str
    place: str
    level: str
    pattern: re.Pattern[str]
    example: str
    unlike: str
    alone: bool = True
    is_of_team: bool = False


@dataclass(frozen=True)
class Signatures:
    """A set of rows. `version` changes whenever a row does."""

    version: str
    reviewed_on: date
    rows: tuple[Signature, ...]

    def at(self, place: str) -> tuple[Signature, ...]:
        return tuple(row for row in self.rows if row.place == place)


class _Row(TypedDict, total=False):
    id: str
    tool: str
    place: str
    level: str
    alone: bool
    pattern: str
    example: str
    unlike: str


@cache
def load_signatures() -> Signatures:
    data = tomllib.loads(files("tasks.llm.rules").joinpath("signatures.toml").read_text("utf-8"))
    rows = tuple(_signature(row, data["words"]) for row in data["signature"])
    return Signatures(data["version"], data["reviewed_on"], rows)


def _signature(row: _Row, words: dict[str, str]) -> Signature:
    return Signature(
        id=row["id"],
        tool=row["tool"],
        place=row["place"],
        level=row["level"],
        pattern=re.compile(_with_words(row["pattern"], words), re.IGNORECASE),
        example=row["example"],
        unlike=row["unlike"],
        alone=row.get("alone", True),
    )


def _with_words(pattern: str, words: dict[str, str]) -> str:
    """Replace `{name}` by the entry of that name, which may name others in turn."""
    while names := [name for name in words if f"{{{name}}}" in pattern]:
        for name in names:
            pattern = pattern.replace(f"{{{name}}}", words[name])
    return pattern
