"""GitHub's responses that are not the requested data: limits, errors, pages of HTML."""

from dataclasses import dataclass, field, replace

import orjson

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
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
    """Return the refusal in the newer form RATE_LIMIT, the older RATE_LIMITED (both HTTP 200), or REST's `403`."""
    if form == "403":
        return message(403, "API rate limit exceeded for user ID 4242.")
    if form == "RATE_LIMIT":
        text = "API rate limit already exceeded for user ID 4242."
        return errors({"type": form, "code": "graphql_rate_limit", "message": text})
    return errors({"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 4242."})


def secondary_limit(status: int, retry_after: str | None) -> Reply:
    text = (
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. For more on "
        "scraping GitHub and how it may affect your rights, please review our Terms of Service."
    )
    headers = {"retry-after": retry_after} if retry_after else {}
    if status != 200:
        return message(status, text, headers)
    return replace(errors({"message": text}), headers=headers)


def something_went_wrong(status: int) -> Reply:
    """Return GitHub's response to a query that took over ten seconds."""
    text = (
        "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub "
        "bug. Please include `C4F2:2D1F:1A2B3C:3D4E5F:66A0B1C2` when reporting this issue."
    )
    body = {"data": None, "errors": [{"message": text}]}
    return Reply(status, orjson.dumps(body))


def nginx(status: int) -> Reply:
    """Return the error page of the proxy in front of GitHub."""
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
