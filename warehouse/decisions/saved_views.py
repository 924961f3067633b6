"""Views that people give a name: a page of the dashboard with its filters, for themselves or to share."""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.decisions.signatures import KEY, owner
from warehouse.errors import BadArgument, PrflowError
from warehouse.guard.untrusted import one_line
from warehouse.store import Delete, Merge, commit

MAX_NAME = 80
MAX_PARAMETERS = 4_000
MAX_VIEWS = 100
"""Of one person in one team: whoever has more finds none."""


class UnknownView(PrflowError, LookupError):
    """The team has no such view, or it is somebody else's."""


@dataclass(frozen=True)
class SavedView:
    """A view of a team. `parameters` is what stands behind the question mark.

    `saved_by` is a signature (`warehouse.decisions.signatures`), empty without a login.
    """

    id: str
    name: str
    page: str
    parameters: str
    saved_by: str
    is_shared: bool

    @property
    def filters(self) -> dict[str, list[str]]:
        """Return the values of each parameter."""
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.parameters, keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return found


def encode(filters: dict[str, list[str]]) -> str:
    """Return the parameters as they stand behind the question mark. Raises BadArgument if they are too long."""
    text = urlencode(filters, doseq=True)
    if len(text) > MAX_PARAMETERS:
        raise BadArgument("The address of this view is too long to be saved.", "Choose fewer filters.")
    return text


def read_saved_views(warehouse: Warehouse, team_id: str, who: str) -> list[SavedView]:
    """Return what a person has saved in a team and what others share, by name."""
    rows = warehouse.read(_READ, [team_id, KEY, owner(who)])
    return [SavedView(**row) for row in rows.iter_rows(named=True)]


_READ = """
SELECT id, name, page, parameters, saved_by, is_shared FROM saved_views
WHERE team_id = ? AND (is_shared OR coalesce(nullif(regexp_extract(saved_by, ?, 1), ''), saved_by) = ?)
ORDER BY lower(name), id
"""


def is_own(view: SavedView, who: str) -> bool:
    """Return whether a view was saved by the person of this signature, whatever their name was then."""
    return owner(view.saved_by) == owner(who)


def save_view(warehouse: Warehouse, team_id: str, view: SavedView, now: datetime) -> SavedView:
    """Save a view under a new id. Raises BadArgument for a name that cannot be used, or one view too many."""
    own = [one for one in read_saved_views(warehouse, team_id, view.saved_by) if is_own(one, view.saved_by)]
    if len(own) >= MAX_VIEWS:
        raise BadArgument(f"You have {MAX_VIEWS} views of this team.", "Delete one that you do not need.")
    made = SavedView(
        secrets.token_hex(8), _clean(view.name, own), view.page, view.parameters, view.saved_by, view.is_shared
    )
    _store(warehouse, team_id, made, now)
    return made


def rename_view(
    warehouse: Warehouse, team_id: str, view_id: str, name: str, *, by: str, is_admin: bool, now: datetime
) -> None:
    """Give a view another name. Raises UnknownView unless it is theirs, or shared and they are admin; BadArgument."""
    view = _find(warehouse, team_id, view_id, by, is_admin=is_admin)
    own = [one for one in read_saved_views(warehouse, team_id, view.saved_by) if is_own(one, view.saved_by)]
    others = [one for one in own if one.id != view_id]
    _store(warehouse, team_id, SavedView(**{**asdict(view), "name": _clean(name, others)}), now)


def delete_view(warehouse: Warehouse, team_id: str, view_id: str, *, by: str, is_admin: bool) -> None:
    """Delete a view. Raises UnknownView unless it is theirs, or shared and they are admin."""
    _find(warehouse, team_id, view_id, by, is_admin=is_admin)
    commit(warehouse, Delete(schema.saved_views, {"team_id": team_id, "id": view_id}))


def _find(warehouse: Warehouse, team_id: str, view_id: str, by: str, *, is_admin: bool) -> SavedView:
    for view in read_saved_views(warehouse, team_id, by):
        if view.id == view_id and (is_own(view, by) or is_admin):
            return view
    raise UnknownView("There is no such view any more, or it is somebody else's.", "Reload the page.")


def _clean(name: str, others: list[SavedView]) -> str:
    text = one_line(name)
    if not text:
        raise BadArgument("A view needs a name.")
    if len(text) > MAX_NAME:
        raise BadArgument(f"The name of a view has {MAX_NAME} letters at most.")
    if text.casefold() in {one.name.casefold() for one in others}:
        raise BadArgument("You have a view of this name.", "Choose another name, or delete that view.")
    return text


def _store(warehouse: Warehouse, team_id: str, view: SavedView, now: datetime) -> None:
    row = {"team_id": team_id, **asdict(view), "saved_at": now}
    commit(warehouse, Merge(schema.saved_views, schema.frame(schema.saved_views, [row])))
