"""GitHub's responses that are not the requested data: limits, errors, pages of HTML."""

from dataclasses import dataclass, field, replace

import orjson

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
SECONDARY_DOCS = "https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
DOCS = "https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api"


@dataclass(frozen=True, slots=True)
class Reply:
    """A response over HTTP. `cut_after`: the connection ends after N bytes of the body; `hang`: it never begins."""

    status: int
    body: bytes
    media_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    hang: bool = False
    delay: float = 0.0

    def with_headers(self, headers: dict[str, str]) -> "Reply":
        return replace(self, headers={**headers, **self.headers})


def message(status: int, text: str, headers: dict[str, str] | None = None, documentation_url: str = DOCS) -> Reply:
    body = {"message": text, "documentation_url": documentation_url, "status": str(status)}
    return Reply(status, orjson.dumps(body), headers=headers or {})


def errors(*entries: dict[str, object], data: object = None, with_data: bool = False) -> Reply:
    """Return HTTP 200 with errors, as GraphQL does."""
    body: dict[str, object] = {"data": data} if with_data else {}
    return Reply(200, orjson.dumps(body | {"errors": list(entries)}))


def bad_credentials() -> Reply:
    return message(401, "Bad credentials", documentation_url="https://docs.github.com/graphql")


def no_credentials() -> Reply:
    return message(401, "This endpoint requires you to be authenticated.")


def primary_limit(form: str) -> Reply:
    """Return the refusal in the newer form RATE_LIMIT, the older RATE_LIMITED (both HTTP 200), or REST's `403`.

    Seen at https://github.com/github/docs/issues/22607 and https://github.com/octokit/plugin-throttling.js/issues/632.
    """
    if form == "403":
        return message(403, "API rate limit exceeded for user ID 4242.")
    if form == "RATE_LIMIT":
        text = "API rate limit already exceeded for user ID 4242."
        return errors({"type": form, "code": "graphql_rate_limit", "message": text})
    return errors({"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 4242."})


def secondary_limit(status: int, retry_after: str | None, form: str = "message") -> Reply:
    """Return the refusal, REST's body at any status; `form` "errors" has it among the errors of GraphQL.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit (403 and
    429, with and without retry-after); body and documentation_url as at https://github.com/apache/devlake/issues/1322;
    GraphQL's limits come with HTTP 200, too: https://github.com/octokit/plugin-throttling.js/issues/632.
    """
    text = (
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. For more on "
        "scraping GitHub and how it may affect your rights, please review our Terms of Service."
    )
    headers = {"retry-after": retry_after} if retry_after else {}
    if form == "errors":
        return replace(errors({"message": text}), headers=headers)
    body = {"message": text, "documentation_url": SECONDARY_DOCS}
    return Reply(status, orjson.dumps(body), headers=headers)


def something_went_wrong(status: int) -> Reply:
    """Return GitHub's response to a query that took over ten seconds, as at
    https://github.com/anuraghazra/github-readme-stats/issues/1772 (502) and
    https://github.com/flutter/flutter/issues/90640 (200).
    """
    text = (
        "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub "
        "bug. Please include `C4F2:2D1F:1A2B3C:3D4E5F:66A0B1C2` when reporting this issue."
    )
    body = {"data": None, "errors": [{"message": text}]}
    return Reply(status, orjson.dumps(body))


def timed_out() -> Reply:
    """Return HTTP 200 without data, as some queries that took too long end: faros-ai/airbyte-connectors pull 1865 has
    the status, the message is what GitHub gives for a dependency graph that is too large.
    """
    return errors({"message": "timedout"}, with_data=True)


def unknown_error() -> Reply:
    """Return HTTP 200 without data and with an error of no type, whose form
    https://github.com/github/docs/issues/22607 describes as undocumented.
    """
    return errors({"message": "An unexpected error occurred"}, with_data=True)


def nginx(status: int) -> Reply:
    """Return the error page of the proxy in front of GitHub, as at
    https://github.com/turbot/steampipe-plugin-github/issues/518.
    """
    title = {502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable", 504: "504 Gateway Time-out"}
    words = title.get(status, f"{status} Error")
    page = (
        f"<html>\r\n<head><title>{words}</title></head>\r\n<body>\r\n<center><h1>{words}</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    return Reply(status, page.encode(), media_type="text/html")


def unicorn(status: int) -> Reply:
    """Return GitHub's own page for a request that took too long."""
    page = (
        "<!DOCTYPE html>\n<!--\n\nHello future GitHubber!\n\n-->\n<html><head><title>Unicorn! &middot; GitHub</title>"
        "</head><body><p><strong>This page is taking too long to load.</strong></p><p>Sorry about that. Please try "
        "refreshing and contact us if the problem persists.</p></body></html>\n"
    )
    return Reply(status, page.encode(), media_type=HTML)
