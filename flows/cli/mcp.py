"""`prflow mcp`: serve the numbers to a language model by the Model Context Protocol."""

from dashboard.reading.settings import DashboardSettings
from flows.cli.parts.home import Home, find_home
from flows.cli.parts.terminal import Terminal
from flows.lifecycle.clock import now
from flows.services.mcp.server import make_server, serve_http
from flows.services.mcp.tools import Tools
from flows.services.private_file import keep_secret

KEY_FILE = "mcp-key"


def serve(port: int | None) -> None:
    """Serve over standard input and output, or over HTTP on a port of this machine."""
    home = find_home()
    tools = make_tools(home)
    tools.list_teams()  # a warehouse that cannot be read is said now, not to the first question
    if port is None:
        make_server(tools).run("stdio")
        return
    key = keep_secret(home.folder / KEY_FILE)
    console = Terminal(soft_wrap=True)
    console.print(f"http://127.0.0.1:{port}/mcp")
    console.print(f"Clients send the header “Authorization: Bearer KEY”; the key is in {home.folder / KEY_FILE}.")
    serve_http(tools, key, port)


def make_tools(home: Home) -> Tools:
    dashboard_url = home.services.dashboard_url if home.services else ""
    return Tools(home.settings, dashboard_url, now, has_sql=DashboardSettings().has_sql)
