"""What a person says of a reading: whether a type of work, or a sign of AI, is right."""

from dataclasses import dataclass
from datetime import datetime

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.reads.reading_checks import read_drawn
from warehouse.store import Delete, Merge, commit


class NotDrawn(PrflowError, LookupError):
    """The reading is not among those that are drawn: judging others would bend the figure."""

    hint = "Reload the page: it may have been read again meanwhile."


@dataclass(frozen=True)
class ReadingKey:
    """A reading: `question` is work_type or sign, `subject` the row of signatures.toml of a sign."""

    pull_request_id: str
    question: str
    subject: str = ""


def record_check(
    warehouse: Warehouse, team_id: str, key: ReadingKey, is_right: bool, now: datetime, by: str | None
) -> None:
    """Keep what a person found; a second time replaces it. Raises NotDrawn."""
    drawn = read_drawn(warehouse, team_id).filter(**vars(key))
    if drawn.is_empty():
        raise NotDrawn("This reading is not among those to be judged.")
    said = drawn["said"][0]
    row = {**_key(team_id, key), "said": said, "is_right": is_right, "checked_at": now, "checked_by": by}
    commit(warehouse, Merge(schema.reading_checks, schema.frame(schema.reading_checks, [row])))


def take_back_check(warehouse: Warehouse, team_id: str, key: ReadingKey) -> None:
    """Forget what a person found."""
    commit(warehouse, Delete(schema.reading_checks, _key(team_id, key)))


def _key(team_id: str, key: ReadingKey) -> dict[str, object]:
    return {"team_id": team_id, **vars(key)}
