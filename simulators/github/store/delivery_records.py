"""Records of releases and deployments; `records` makes all others."""

from simulators.github.store.records import Record, fake_oid, node_id, ref


def release(repository: Record, number: int, tag: str, at: str, author: Record | None, **more: object) -> Record:
    """Return a published release; `oid` is the commit that its tag points at."""
    return {
        "__typename": "Release",
        "id": node_id("RE", repository["databaseId"], number),
        "databaseId": number,
        "repository": repository,
        "tagName": tag,
        "name": tag,
        "description": "",
        "isDraft": False,
        "isLatest": False,
        "isPrerelease": False,
        "immutable": False,
        "author": author,
        "createdAt": at,
        "publishedAt": at,
        "updatedAt": at,
        "oid": fake_oid("tag", repository["databaseId"], tag),
    } | more


def deployment(
    repository: Record, number: int, environment: str, at: str, oid: str, creator: Record, statuses: list[Record]
) -> Record:
    """Return a deployment of a commit; `statuses` are newest first."""
    latest = statuses[0] if statuses else None
    state = latest["state"] if latest else "PENDING"
    return {
        "__typename": "Deployment",
        "id": node_id("DE", repository["databaseId"], number),
        "databaseId": number,
        "repository": repository,
        "environment": environment,
        "task": "deploy",
        "description": "",
        "ref": ref(node_id("REF", repository["databaseId"]), repository["defaultBranch"], oid),
        "commitOid": oid,
        "creator": creator,
        "createdAt": at,
        "updatedAt": latest["createdAt"] if latest else at,
        "state": "ACTIVE" if state == "SUCCESS" else state,
        "statuses": statuses,
    }


def deployment_status(identifier: str, state: str, at: str, creator: Record, environment: str) -> Record:
    return {
        "__typename": "DeploymentStatus",
        "id": identifier,
        "state": state,
        "createdAt": at,
        "updatedAt": at,
        "creator": creator,
        "description": "",
        "environment": environment,
    }
