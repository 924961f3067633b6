"""`prflow explain`: say why a pull request is, or is not, on the dashboard, from what the warehouse holds."""

from urllib.parse import urlencode

from flows.cli.parts.home import Home, find_home
from flows.cli.parts.terminal import Terminal, marked, print_json
from warehouse.connection import Warehouse
from warehouse.guard.untrusted import one_line
from warehouse.reads.explanation import Explanation, StepState, explain_pull_request, parse_reference

MARKS = {
    StepState.PASSED: "[green]✓[/]",
    StepState.NOTED: "[yellow]•[/]",
    StepState.STOPPED: "[red]✗[/]",
    StepState.NOT_REACHED: "[dim]-[/]",
}


def show_explanation(text: str, as_json: bool) -> None:
    """Print the steps for OWNER/NAME#N or an address. BadArgument if it is neither, UnknownTeam if nobody has it."""
    reference, home = parse_reference(text), find_home()
    with Warehouse(home.settings, read_only=True) as warehouse:
        explanation = explain_pull_request(warehouse, reference)
    if as_json:
        print_json(explanation.to_json())
    else:
        draw_explanation(Terminal(soft_wrap=True), explanation, home)


def draw_explanation(console: Terminal, explanation: Explanation, home: Home) -> None:
    """Draw a line per step and, below the one that has something to say, what to do. Reasons are untrusted text."""
    shown = "is shown" if explanation.is_shown else "is not shown"
    console.print(f"[bold]{marked(str(explanation.reference))}[/] {shown} on the dashboard.", markup=True)
    for step in explanation.steps:
        console.print(f"{MARKS[step.state]} {step.name:<22} {marked(step.message)}".rstrip(), markup=True)
        if step.hint:
            console.print(f"  {'':<22} {one_line(step.hint)}", style="bold")
    console.print(explanation.last_run, style="dim")
    if home.services and explanation.pull_request_id:
        query = urlencode({"team": explanation.team_id, "pr": explanation.pull_request_id})
        console.print(f"Open it: {home.services.dashboard_url}/pull-requests?{query}")
