"""The MCP server: the tools under their names, over standard input and output or over HTTP on this machine."""

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import ParamSpec

import anyio
import anyio.to_thread
import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from flows.services.mcp.tools import INSTRUCTIONS, MAX_TEXT, Json, Tools
from flows.services.needs_key import NeedsKey
from warehouse.errors import PrflowError
from warehouse.guard.untrusted import one_line

HOSTS = ["127.0.0.1", "localhost"]
# Each may take a gigabyte and a processor.
MAX_AT_ONCE = 2
Arguments = ParamSpec("Arguments")


def make_server(tools: Tools) -> MCPServer:
    """Return the server with its tools; nothing runs yet."""
    server = MCPServer("prflow", title="prflow", instructions=INSTRUCTIONS, log_level="WARNING")
    offered: list[Callable[..., Json]] = [
        tools.list_teams,
        tools.list_metrics,
        tools.measure,
        tools.compare_repositories,
        tools.list_pull_requests_behind,
        tools.list_insights,
    ]
    if tools.has_sql:
        offered += [tools.describe_tables, tools.query]
    slots = anyio.Semaphore(MAX_AT_ONCE)
    for tool in offered:
        server.tool(annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False))(_in_thread(tool, slots))
    return server


def _in_thread(tool: Callable[Arguments, Json], slots: anyio.Semaphore) -> Callable[Arguments, Awaitable[Json]]:
    """Run a tool beside the server, which goes on; what went wrong is told with the way out."""

    @wraps(tool)
    async def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Json:
        try:
            async with slots:
                return await anyio.to_thread.run_sync(partial(tool, *args, **kwargs))
        except PrflowError as error:
            # DuckDB quotes values that it cannot convert, and values are what other people wrote.
            raise ToolError(one_line(f"{error} {error.hint}", MAX_TEXT)) from None

    return run


def http_application(tools: Tools, key: str) -> ASGIApp:
    """Return the server over HTTP, for hosts of this machine and whoever has the key."""
    served = make_server(tools).streamable_http_app()
    refusal = PlainTextResponse("Show the key of prflow's MCP server.", 401)
    return TrustedHostMiddleware(NeedsKey(served, key, refusal), allowed_hosts=HOSTS, www_redirect=False)


def serve_http(tools: Tools, key: str, port: int) -> None:
    """Serve on 127.0.0.1 until a signal ends it."""
    uvicorn.run(http_application(tools, key), host="127.0.0.1", port=port, log_level="warning", access_log=False)
