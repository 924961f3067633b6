"""How a team keeps its time: zone, working hours and holidays, and whether it allows numbers per person.

Each is a row of `team_settings` with the time it was set; the zone and the numbers per person are columns of `teams`,
too, from which all else reads them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import available_timezones

import duckdb
import polars as pl

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.metrics.life.working_hours import HOLIDAY, WORKING_HOURS, InvalidWorkingHours, parse_working_hours
from warehouse.store import Merge, Replace, Write, apply

TIMEZONE, PEOPLE = "timezone", "people"
NAMES = (TIMEZONE, PEOPLE, WORKING_HOURS, HOLIDAY)
NONE = "none"
MAX_HOLIDAYS_BYTES = 1_000_000
# Names that stand for whatever the machine is set to, or for nothing: Polars does not know them.
NO_ZONES = frozenset({"Factory", "localtime", "posixrules"})


class InvalidSetting(PrflowError, ValueError):
    """A setting of a team that cannot be."""


@dataclass(frozen=True)
class Asked:
    """What to set; None stays as it is. `working_hours` may be "none"; `holidays` replace all that are there."""

    timezone: str | None = None
    people: str | None = None
    working_hours: str | None = None
    holidays: tuple[date, ...] | None = None

    @property
    def has_any(self) -> bool:
        return any(value is not None for value in (self.timezone, self.people, self.working_hours, self.holidays))


def read_calendar(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read the settings in force: `name`, `value`, `set_at`, which is NULL for what was never set, or not here."""
    sql = "SELECT name, value, set_at FROM team_settings WHERE team_id = ? AND name IN (SELECT unnest(?)) ORDER BY ALL"
    stored = warehouse.read(sql, [team_id, list(NAMES)])
    team = warehouse.read_one("SELECT timezone, has_people_views FROM teams WHERE team_id = ?", [team_id]) or {}
    in_force = {TIMEZONE: team.get("timezone") or "UTC", PEOPLE: "on" if team.get("has_people_views") else "off"}
    # Pages set the columns of `teams`, which are what holds.
    since = {(name, value): set_at for name, value, set_at in stored.iter_rows()}
    rows = [{"name": name, "value": value, "set_at": since.get((name, value))} for name, value in in_force.items()]
    others = stored.filter(~pl.col("name").is_in(list(in_force)))
    return pl.concat([pl.DataFrame(rows, schema=stored.schema), others]).sort("name", "value")


def store_calendar(warehouse: Warehouse, team_id: str, asked: Asked, now: datetime) -> None:
    """Keep what is asked, all or none, dated, and nothing else changes; raise InvalidSetting for what cannot be."""
    wanted = _check(asked)

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        for write in _plan(cursor, team_id, wanted, now):
            apply(cursor, write)

    warehouse.transact(work)


def _plan(
    cursor: duckdb.DuckDBPyConnection, team_id: str, wanted: dict[str, list[str]], now: datetime
) -> Iterator[Write]:
    """Plan the writes of what is wanted, and of nothing else: a value that is there already keeps its date."""
    sql = "SELECT name, value, set_at FROM team_settings WHERE team_id = ?"
    since = {(name, value): set_at for name, value, set_at in cursor.execute(sql, [team_id]).pl().iter_rows()}
    rows = [
        {"team_id": team_id, "name": name, "value": value, "set_at": since.get((name, value), now)}
        for name, values in wanted.items()
        for value in values
    ]
    own = {"team_id": team_id, "name": list(wanted)}
    yield Replace(schema.team_settings, schema.frame(schema.team_settings, rows), own)
    team: dict[str, object] = {"team_id": team_id}
    if TIMEZONE in wanted:
        team["timezone"] = wanted[TIMEZONE][0]
    if PEOPLE in wanted:
        team["has_people_views"] = wanted[PEOPLE] == ["on"]
    yield Merge(schema.teams, schema.frame(schema.teams, [team], team))


def read_holidays(file: Path) -> tuple[date, ...]:
    """Read one date a line, as 2026-12-25; what follows a # is a comment. Raise InvalidSetting for anything else."""
    try:
        text = file.read_bytes()[:MAX_HOLIDAYS_BYTES].decode()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"The file {file} cannot be read.", "Name a text file with one date a line.") from error
    lines = {number: line.partition("#")[0].strip() for number, line in enumerate(text.splitlines(), start=1)}
    return tuple(sorted({_parse_day(file, number, line) for number, line in lines.items() if line}))


def _parse_day(file: Path, number: int, line: str) -> date:
    try:
        return date.fromisoformat(line.split()[0])
    except ValueError:
        hint = "Write one date a line, for example 2026-12-25, with a comment after a # if you like."
        raise InvalidSetting(f"Line {number} of {file} is not a date: “{line[:40]}”.", hint) from None


def _check(asked: Asked) -> dict[str, list[str]]:
    """Return the values of each setting that is asked for."""
    wanted: dict[str, list[str]] = {}
    if asked.timezone is not None:
        wanted[TIMEZONE] = [_check_zone(asked.timezone)]
    if asked.people is not None:
        wanted[PEOPLE] = [_check_people(asked.people)]
    if asked.working_hours is not None:
        wanted[WORKING_HOURS] = _check_hours(asked.working_hours)
    if asked.holidays is not None:
        wanted[HOLIDAY] = [day.isoformat() for day in asked.holidays]
    return wanted


def _check_zone(name: str) -> str:
    """Return the zone as the IANA database writes it, if the metrics can compute with it."""
    zones = {zone.lower(): zone for zone in available_timezones() - NO_ZONES}
    zone = zones.get(name.strip().lower())
    if zone is None or not _is_known_to_polars(zone):
        near = get_close_matches(name, sorted(zones.values()), n=3, cutoff=0.5) or ["Europe/Berlin", "America/New_York"]
        raise InvalidSetting(f"There is no time zone “{name[:60]}”.", f"For example: {', '.join(near)}, or UTC.")
    return zone


def _is_known_to_polars(zone: str) -> bool:
    try:
        pl.select(pl.lit(datetime(2026, 1, 1, tzinfo=UTC)).dt.convert_time_zone(zone))
    except pl.exceptions.PolarsError:
        return False
    return True


def _check_people(value: str) -> str:
    if value.strip().lower() not in {"on", "off"}:
        raise InvalidSetting(f"“{value[:20]}” says neither yes nor no.", "Write --people on or --people off.")
    return value.strip().lower()


def _check_hours(text: str) -> list[str]:
    if text.split() and set(text.lower().split()) == {NONE}:
        return []
    try:
        hours = parse_working_hours(text, "UTC")
    except InvalidWorkingHours:
        hint = "Write days and hours, for example --working-hours mon-fri 9-17, or none none to count by the clock."
        raise InvalidSetting(f"“{text[:60]}” is not working hours.", hint) from None
    days = text.split()[0].lower()
    return [f"{days} {hours.starts:%H:%M}-{hours.ends:%H:%M}"]
