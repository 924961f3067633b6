"""GitHub's search of pull requests: qualifiers and words of the title, at most 1,000 results."""

from collections.abc import Callable, Iterable

from simulators.github.store.connections import Page, page_of
from simulators.github.store.records import Arguments, Record
from simulators.github.store.world import Organisation

MAX_RESULTS = 1_000
"""GitHub gives no more than this of any search, whatever the count says."""

_TIMES = {"created": "createdAt", "updated": "updatedAt", "merged": "mergedAt", "closed": "closedAt"}
_STATES = {"open": ("OPEN",), "closed": ("CLOSED", "MERGED"), "merged": ("MERGED",), "unmerged": ("OPEN", "CLOSED")}


def search(organisation: Organisation, arguments: Arguments) -> Page:
    """Return a page of the results; an unknown qualifier is ignored."""
    words = str(arguments["query"]).split()
    qualifiers = [(key, value) for key, colon, value in (word.partition(":") for word in words) if colon]
    text = " ".join(word for word in words if ":" not in word).lower()
    find = _FINDERS.get(arguments["type"], _find_pull_requests)
    found = list(find(organisation, qualifiers, text))
    page = page_of(found[:MAX_RESULTS], arguments)
    page.total = len(found)
    return page


def _find_pull_requests(organisation: Organisation, qualifiers: list[tuple[str, str]], text: str) -> Iterable[Record]:
    tests = [test for key, value in qualifiers if (test := _test(key, value))]
    repositories = {value.lower() for key, value in qualifiers if key == "repo"}
    found = [
        record
        for repository in organisation.repositories
        if not repositories or organisation.full_name(repository).lower() in repositories
        for record in organisation.pull_requests_of(repository)
        if all(test(record) for test in tests) and (not text or text in record["title"].lower())
    ]
    field, is_descending = _order(dict(qualifiers).get("sort", "created-desc"))
    return sorted(found, key=lambda record: str(record[field]), reverse=is_descending)


def _order(sort: str) -> tuple[str, bool]:
    field, _, direction = sort.partition("-")
    return _TIMES.get(field, "createdAt"), direction != "asc"


def _test(key: str, value: str) -> Callable[[Record], bool] | None:
    if key == "is" and value in _STATES:
        return lambda record: record["state"] in _STATES[value]
    if key == "is" and value == "draft":
        return lambda record: bool(record["isDraft"])
    if key == "author":
        return lambda record: record["author"] is not None and record["author"]["login"].lower() == value.lower()
    if key in _TIMES:
        start, end = _range(value)
        return lambda record: start <= (record[_TIMES[key]] or "") < end
    return None


def _range(value: str) -> tuple[str, str]:
    """Parse `>=A`, `>A`, `<=A`, `<A`, `A..B` or one day (ISO dates or timestamps) into a half-open range of text."""
    if ".." in value:
        first, _, last = value.partition("..")
        return ("0" if first == "*" else first), ("9" if last == "*" else last + "~")
    for sign, bounds in (
        (">=", lambda at: (at, "9")),
        ("<=", lambda at: ("0", at + "~")),
        (">", lambda at: (at + "~", "9")),
        ("<", lambda at: ("0", at)),
    ):
        if value.startswith(sign):
            return bounds(value.removeprefix(sign))
    return value, value + "~"


def _find_repositories(organisation: Organisation, qualifiers: list[tuple[str, str]], text: str) -> Iterable[Record]:
    return (each for each in organisation.repositories if text in each["name"].lower())


def _find_users(organisation: Organisation, qualifiers: list[tuple[str, str]], text: str) -> Iterable[Record]:
    return (each for each in organisation.accounts() if each["__typename"] == "User" and text in each["login"].lower())


_FINDERS = {"REPOSITORY": _find_repositories, "USER": _find_users}
