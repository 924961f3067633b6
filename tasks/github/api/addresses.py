"""The three addresses of a GitHub instance, which follow from any one of them.

GITHUB_API_URL          GraphQL                  pages
https://api.github.com  .../graphql              https://github.com
https://HOST/api/v3     https://HOST/api/graphql https://HOST         GitHub Enterprise Server
https://api.X.ghe.com   .../graphql              https://X.ghe.com    GitHub Enterprise Cloud with data residency
"""

from urllib.parse import urlsplit

API = "https://api.github.com"
WEB = "https://github.com"
SERVER_REST, SERVER_GRAPHQL = "/api/v3", "/api/graphql"
RESIDENCY = ".ghe.com"


def derive_addresses(api_url: str = "", graphql_url: str = "", web_url: str = "") -> dict[str, str]:
    """Return all three without a trailing slash. Those given are kept, so that no token goes to another host."""
    api, graphql, web = (url.strip().rstrip("/") for url in (api_url, graphql_url, web_url))
    api = api or (_rest_of(graphql) if graphql else API)
    return {"api_url": api, "graphql_url": graphql or _graphql_of(api), "web_url": web or _web_of(api)}


def _graphql_of(api: str) -> str:
    return api.removesuffix(SERVER_REST) + SERVER_GRAPHQL if api.endswith(SERVER_REST) else f"{api}/graphql"


def _rest_of(graphql: str) -> str:
    if graphql.endswith(SERVER_GRAPHQL):
        return graphql.removesuffix(SERVER_GRAPHQL) + SERVER_REST
    return graphql.removesuffix("/graphql")


def _web_of(api: str) -> str:
    if api.endswith(SERVER_REST):
        return api.removesuffix(SERVER_REST)
    host = urlsplit(api).hostname or ""
    return f"https://{host.removeprefix('api.')}" if host.startswith("api.") and host.endswith(RESIDENCY) else WEB
