"""The description of the API for programs that read it: OpenAPI 3.1."""

from flows.services.api.answers import DEFAULT_WEEKS, MAX_METRICS, MAX_ROWS

ARROW = "application/vnd.apache.arrow.stream"
JSON = "application/json"
Json = dict[str, object]


def describe() -> Json:
    """Return the document of /v1/openapi.json."""
    metric = _parameter("metric", "Name of a metric, as in /v1/metrics without one")
    weeks = _parameter("weeks", f"Whole weeks up to now; {DEFAULT_WEEKS} if omitted", "integer")
    repository = _parameter("repository", "OWNER/NAME; the whole team if omitted")
    limit = _parameter("limit", f"Rows at most, up to {MAX_ROWS:,}; 100 if omitted", "integer")
    many = metric | {"description": f"{metric['description']}; up to {MAX_METRICS} of them", "explode": True}
    return {
        "openapi": "3.1.0",
        "info": {"title": "prflow", "version": "1", "description": "Numbers about the pull requests of one team."},
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "security": [{"key": []}],
        "paths": {
            "/v1/status": _path("How far the team is", []),
            "/v1/metrics": _path("Values of metrics, or what metrics there are", [many, weeks, repository]),
            "/v1/prs-behind": _path(
                "Exactly the pull requests behind a number", [metric | {"required": True}, weeks, repository, limit]
            ),
            "/v1/insights": _path("What changed or needs attention", []),
        },
    }


def _parameter(name: str, words: str, kind: str = "string") -> Json:
    return {"name": name, "in": "query", "description": words, "schema": {"type": kind}}


def _path(words: str, parameters: list[Json]) -> Json:
    rows: Json = {"type": "object", "properties": {"rows": {"type": "array", "items": {"type": "object"}}}}
    responses: Json = {
        "200": {"description": words, "content": {JSON: {"schema": rows}, ARROW: {"schema": {"type": "string"}}}},
        "400": {"description": "A parameter cannot be used"},
        "401": {"description": "The key is missing, wrong or revoked"},
        "429": {"description": "Too many requests by this key; Retry-After says when to go on"},
        "503": {"description": "The warehouse cannot be read at present"},
    }
    return {"get": {"summary": words, "parameters": parameters, "responses": responses}}
