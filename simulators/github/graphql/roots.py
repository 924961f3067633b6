"""The fields that look objects up: those of Query, and of owners and repositories. Unknown objects are NOT_FOUND."""

from operator import itemgetter
from typing import Any

from simulators.github.graphql.context import Context, FieldError, Getter
from simulators.github.store.connections import Page, page_of
from simulators.github.store.records import Arguments, Record
from simulators.github.store.search import search


def _lookup(identifier: str, context: Context) -> Record | None:
    """Return an object by its id; None if there is none, as for an account that was deleted."""
    found = context.organisation.node(identifier)
    return None if found is None or found.get("isDeleted") else found


def _node(record: Any, arguments: Arguments, context: Context) -> Record:
    found = _lookup(arguments["id"], context)
    if found is None:
        raise FieldError(f"Could not resolve to a node with the global id of '{arguments['id']}'.")
    return found


def _nodes(record: Any, arguments: Arguments, context: Context) -> list[Record | FieldError]:
    """Return the nodes; as at GitHub, an unknown id is null at its position, with an error that names the position."""
    if len(arguments["ids"]) > 100:
        count = len(arguments["ids"])
        raise FieldError(f"You may not provide more than 100 node ids; you provided {count}.", "ARGUMENT_LIMIT")
    found = ((identifier, _lookup(identifier, context)) for identifier in arguments["ids"])
    return [
        node or FieldError(f"Could not resolve to a node with the global id of '{identifier}'.")
        for identifier, node in found
    ]


def _owner_of_kind(kind: str | None, login: str, context: Context) -> Record:
    owner = context.organisation.account(login)
    kinds = (kind,) if kind else ("Organization", "User")
    if owner is None or owner["__typename"] not in kinds or owner["isDeleted"]:
        word = {"Organization": "an Organization", "User": "a User"}.get(kind or "", "a RepositoryOwner")
        raise FieldError(f"Could not resolve to {word} with the login of '{login}'.")
    return owner


def _organization(record: Any, arguments: Arguments, context: Context) -> Record:
    return _owner_of_kind("Organization", arguments["login"], context)


def _user(record: Any, arguments: Arguments, context: Context) -> Record:
    return _owner_of_kind("User", arguments["login"], context)


def _repository_owner(record: Any, arguments: Arguments, context: Context) -> Record | None:
    """Return the owner; null, without an error, if there is none."""
    owner = context.organisation.account(arguments["login"])
    return owner if owner and owner["__typename"] in ("Organization", "User") and not owner["isDeleted"] else None


def _repository(record: Any, arguments: Arguments, context: Context) -> Record:
    owner = arguments.get("owner") or record["login"]
    found = context.organisation.repository(f"{owner}/{arguments['name']}", arguments.get("followRenames", True))
    if found is None:
        raise FieldError(f"Could not resolve to a Repository with the name '{owner}/{arguments['name']}'.")
    return found


def _pull_request(record: Record, arguments: Arguments, context: Context) -> Record:
    found = context.organisation.pull_requests_of(record).by_number.get(arguments["number"])
    if found is None:
        raise FieldError(f"Could not resolve to a PullRequest with the number of {arguments['number']}.")
    return found


def _pull_requests(record: Record, arguments: Arguments, context: Context) -> Page:
    return context.organisation.pull_requests_of(record).page(arguments)


_REPOSITORY_ORDER = {
    "CREATED_AT": "createdAt",
    "UPDATED_AT": "updatedAt",
    "PUSHED_AT": "pushedAt",
    "NAME": "name",
    "STARGAZERS": "stargazerCount",
}


def _repositories(record: Record, arguments: Arguments, context: Context) -> Page:
    found = [each for each in context.organisation.repositories if each["owner"] is record]
    for name in ("isArchived", "isFork", "isLocked"):
        if arguments.get(name) is not None:
            found = [each for each in found if each[name] is arguments[name]]
    wanted = arguments.get("visibility") or arguments.get("privacy")
    if wanted:
        found = [each for each in found if each["isPrivate"] is (wanted == "PRIVATE")]
    by = arguments.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    found.sort(key=lambda each: each[_REPOSITORY_ORDER[by["field"]]], reverse=by["direction"] == "DESC")
    return page_of(found, arguments)


def _releases(record: Record, arguments: Arguments, context: Context) -> Page:
    by = arguments.get("orderBy") or {"field": "CREATED_AT", "direction": "DESC"}
    name = {"CREATED_AT": "createdAt", "NAME": "name"}[by["field"]]
    found = context.organisation.deliveries_of(record).releases
    return page_of(sorted(found, key=itemgetter(name), reverse=by["direction"] == "DESC"), arguments)


def _deployments(record: Record, arguments: Arguments, context: Context) -> Page:
    environments = arguments.get("environments")
    found = context.organisation.deliveries_of(record).deployments
    found = [each for each in found if environments is None or each["environment"] in environments]
    is_descending = arguments["orderBy"]["direction"] == "DESC"
    return page_of(sorted(found, key=itemgetter("createdAt"), reverse=is_descending), arguments)


def _members(record: Record, arguments: Arguments, context: Context) -> Page:
    page = page_of(context.organisation.memberships, arguments)
    page.more = [{"role": membership["role"]} for membership in page.nodes]
    page.nodes = [membership["node"] for membership in page.nodes]
    return page


def _team_members(record: Record, arguments: Arguments, context: Context) -> Page:
    page = page_of(record["members"], arguments)
    page.more = [{"role": "MEMBER"} for _ in page.nodes]
    return page


def _teams(record: Record, arguments: Arguments, context: Context) -> Page:
    return page_of(context.organisation.teams, arguments)


def _organizations(record: Record, arguments: Arguments, context: Context) -> Page:
    """Return the organisations that a person belongs to, as far as the token may see them.

    https://docs.github.com/en/graphql/reference/objects#user (`organizations`)
    """
    served = context.organisation
    members = {membership["node"]["id"] for membership in served.memberships} | {served.viewer["id"]}
    is_member = served.owner["__typename"] == "Organization" and record["id"] in members
    return page_of([served.owner] if is_member else [], arguments)


def _team(record: Record, arguments: Arguments, context: Context) -> Record | None:
    return next((each for each in context.organisation.teams if each["slug"] == arguments["slug"]), None)


ROOTS: dict[tuple[str, str], Getter] = {
    ("Query", "node"): _node,
    ("Query", "nodes"): _nodes,
    ("Query", "organization"): _organization,
    ("Query", "user"): _user,
    ("Query", "repositoryOwner"): _repository_owner,
    ("Query", "repository"): _repository,
    ("Query", "search"): lambda record, arguments, context: search(context.organisation, arguments),
    ("Query", "viewer"): lambda record, arguments, context: context.viewer or context.organisation.viewer,
    ("Query", "rateLimit"): lambda record, arguments, context: context.rate_limit,
    **{(kind, "repository"): _repository for kind in ("Organization", "User", "RepositoryOwner")},
    **{(kind, "repositories"): _repositories for kind in ("Organization", "User", "RepositoryOwner")},
    ("User", "organizations"): _organizations,
    ("Organization", "membersWithRole"): _members,
    ("Organization", "teams"): _teams,
    ("Organization", "team"): _team,
    ("Team", "members"): _team_members,
    ("Repository", "pullRequest"): _pull_request,
    ("Repository", "pullRequests"): _pull_requests,
    ("Repository", "releases"): _releases,
    ("Repository", "deployments"): _deployments,
}
