"""Make the rows of pull requests storable, and note on each pull request what of it is not stored as GitHub has it."""

from collections.abc import Mapping

from tasks.github.api.response import Row
from warehouse import schema
from warehouse.guard.storable import is_storable, make_storable

MAX_NOTES = 5
_TYPES = {table.name: schema.polars_schema(table) for table in schema.metadata.tables.values()}


def note_alterations(pull_requests: list[Row], children: Mapping[str, list[Row]]) -> None:
    """Replace what the warehouse cannot hold, in place, and set `altered_reason` of the pull requests concerned."""
    notes: dict[str, dict[str, None]] = {}
    for name, rows in {"pull_requests": pull_requests, **children}.items():
        if is_storable(rows, _TYPES[name]):
            continue
        rows[:], altered = make_storable(rows, _TYPES[name])
        key = "id" if name == "pull_requests" else "pull_request_id"
        place = "" if name == "pull_requests" else f"{name}."
        for each in altered:
            note = f"{place}{each.column}: {each.words}"
            notes.setdefault(str(rows[each.row][key]), {}).setdefault(note)
    for pull_request in pull_requests:
        pull_request["altered_reason"] = _join(list(notes.get(pull_request["id"], {})))


def _join(notes: list[str]) -> str | None:
    more = len(notes) - MAX_NOTES
    return "; ".join([*notes[:MAX_NOTES], *([f"and {more} more"] if more > 0 else [])]) or None
