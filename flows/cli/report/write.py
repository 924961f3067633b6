"""Write the report of a team to a file, or to standard output."""

import logging
from pathlib import Path

from flows.cli.parts.home import find_home
from flows.cli.parts.terminal import Terminal, print_file
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.teams.choice import choose_team


def write_report(team: str, weeks: int, out: Path | None) -> None:
    """Write it. Raises UnknownTeam, and BadArgument if the file cannot be written."""
    with Warehouse(find_home().settings, read_only=True) as warehouse:
        team_id = choose_team(warehouse, team)
        text = _render(warehouse, team_id, weeks)
    if out is None:
        print_file(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadArgument(f"{out} cannot be written: {(error.strerror or 'unknown error').lower()}.") from None
    Terminal(soft_wrap=True).print(f"Wrote {out}.", markup=False)


def _render(warehouse: Warehouse, team_id: str, weeks: int) -> str:
    # The pages' functions say at their import that no page is being drawn.
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    from dashboard.parts.report.content import make_report
    from dashboard.parts.report.direct import open_team
    from dashboard.parts.report.rendering import render

    return render(make_report(open_team(warehouse, team_id, weeks)))
