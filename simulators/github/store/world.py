"""The organisation that is served: accounts, repositories, pull requests; how they are looked up and changed.

Every change goes through a method here, so that orders and caches follow. Records that were handed out are the served
ones: read them, change them by `edit`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from simulators.github.store import delivery_records, records
from simulators.github.store.pull_requests import Build, PullRequest, PullRequests, Shelf
from simulators.github.store.records import Record


@dataclass
class Deliveries:
    """What a repository ships."""

    releases: list[Record] = field(default_factory=list)
    deployments: list[Record] = field(default_factory=list)


_CHILDREN = ("reviews", "comments", "timelineItems", "commits")


class Organisation:
    """One owner with its repositories, as GitHub would serve it to a member of it.

    `as_of` is the time (ISO) up to which its story is told; `web_url` where its pages would be.
    """

    def __init__(self, owner: Record, viewer: Record, as_of: str, web_url: str = "https://github.example") -> None:
        self.owner, self.viewer, self.as_of, self.web_url = owner, viewer, as_of, web_url
        self.lock = RLock()
        self.repositories: list[Record] = []
        self.memberships: list[Record] = []
        self.teams: list[Record] = []
        self.parents: dict[str, str] = {}
        self._accounts: dict[str, Record] = {}
        self._nodes: dict[str, Record] = {}
        self._pull_requests: dict[str, PullRequests] = {}
        self._renamed: dict[str, str] = {}
        self._deliveries: dict[str, Deliveries] = {}
        self._delivered: dict[str, Callable[[], Deliveries]] = {}
        self._listeners: list[Callable[[str | None], None]] = []
        self._shelf = Shelf()
        self.add_account(owner)
        self.add_account(viewer)

    # -- looking up ----------------------------------------------------------------------------------------------------

    @property
    def login(self) -> str:
        return str(self.owner["login"])

    def full_name(self, repository: Record) -> str:
        return f"{repository['owner']['login']}/{repository['name']}"

    def account(self, login: str) -> Record | None:
        return self._accounts.get(login.lower())

    def accounts(self) -> Iterator[Record]:
        return iter(self._accounts.values())

    def repository(self, full_name: str, is_following_renames: bool = True) -> Record | None:
        name = full_name.lower()
        found = next((each for each in self.repositories if self.full_name(each).lower() == name), None)
        if found is None and is_following_renames and name in self._renamed:
            return self.repository(self._renamed[name])
        return found

    def pull_requests_of(self, repository: Record) -> PullRequests:
        """Of any repository; a fork has none."""
        return self._pull_requests.get(repository["id"]) or PullRequests()

    def deliveries_of(self, repository: Record) -> Deliveries:
        """Its releases and deployments, made when they are first looked at."""
        identifier = repository["id"]
        if identifier not in self._deliveries:
            self._deliveries[identifier] = self._delivered.get(identifier, Deliveries)()
        return self._deliveries[identifier]

    def pull_requests(self, full_name: str | None = None) -> Iterator[PullRequest]:
        """Every pull request, whole, of one repository or of all."""
        for repository in self.repositories:
            if full_name is None or self.full_name(repository).lower() == full_name.lower():
                for record in self.pull_requests_of(repository):
                    yield record.whole()

    def pull_request(self, full_name: str, number: int) -> PullRequest:
        """Raises KeyError where there is none."""
        repository = self.repository(full_name)
        if repository is None:
            raise KeyError(full_name)
        return self.pull_requests_of(repository).by_number[number].whole()

    def node(self, identifier: str) -> Record | None:
        """Anything by its node id, the parts of a pull request included."""
        if identifier in self._nodes:
            return self._nodes[identifier]
        parent = self.parent_of(identifier)
        return None if parent is None else next(_parts(parent, identifier), None)

    def parent_of(self, identifier: str) -> Record | None:
        """The pull request that a part (a review, a thread, a comment, an event) belongs to."""
        if identifier in self.parents:
            return self._nodes.get(self.parents[identifier])
        numbers = records.unpack_node_id(identifier)
        return self._nodes.get(records.node_id("PR", *numbers[:2])) if len(numbers) == 3 else None

    def default_branch(self, repository: Record) -> Record | None:
        name = repository["defaultBranch"]
        oid = records.fake_oid("tip", repository["id"])
        return name and records.ref(records.node_id("REF", repository["databaseId"]), name, oid)

    def commit_at(self, oid: str | None) -> Record | None:
        """A commit of which only the hash is known."""
        who = records.git_actor("GitHub", "noreply@github.com", self.as_of)
        return None if oid is None else records.commit(oid, "", who, who)

    # -- building ------------------------------------------------------------------------------------------------------

    def add_account(self, account: Record) -> Record:
        self._accounts[account["login"].lower()] = account
        self._nodes[account["id"]] = account
        return account

    def add_member(self, account: Record, role: str = "MEMBER") -> None:
        self.memberships.append({"id": account["id"], "role": role, "node": self.add_account(account)})

    def add_team(self, team: Record) -> None:
        self.teams.append(team)
        self._nodes[team["id"]] = team

    def add_repository(self, repository: Record) -> Record:
        self.repositories.append(repository)
        self._nodes[repository["id"]] = repository
        self._pull_requests[repository["id"]] = PullRequests()
        return repository

    def fill(self, repository: Record, entries: Iterable[tuple[Record, Build | None]]) -> None:
        """Puts pull requests in: each with the fields that are known now and what builds the rest."""
        made = [PullRequest(fields, build, self._shelf) for fields, build in entries]
        self._pull_requests[repository["id"]].fill(made)
        self._nodes.update((record["id"], record) for record in made)

    def deliver(self, repository: Record, build: Callable[[], Deliveries]) -> None:
        """Says what makes the releases and deployments of a repository."""
        self._delivered[repository["id"]] = build

    # -- changing, also while it is served -----------------------------------------------------------------------------

    def on_change(self, listener: Callable[[str | None], None]) -> None:
        """`listener` gets the node id of whatever changes, or None where it may be anything."""
        self._listeners.append(listener)

    def _changed(self, identifier: str | None) -> None:
        for listener in self._listeners:
            listener(identifier)

    def edit(self, full_name: str, number: int, **fields: Any) -> PullRequest:
        """Replaces fields of a pull request, under their GraphQL names; updatedAt is not moved by itself."""
        with self.lock:
            record = self.pull_request(full_name, number)
            self.pull_requests_of(record["repository"]).edit(record, **fields)
            self._changed(record["id"])
        return record

    def touch(self, full_name: str, number: int, at: str) -> PullRequest:
        """Moves updatedAt to `at` (ISO), as a label or an edit would."""
        return self.edit(full_name, number, updatedAt=at)

    def comment(self, full_name: str, number: int, login: str, at: str, body: str) -> PullRequest:
        """Somebody comments at `at` (ISO)."""
        record = self.pull_request(full_name, number)
        numbers = (record["repository"]["databaseId"], number, 1_000_000 + len(record["comments"]))
        identifier = records.node_id("IC", *numbers)
        self.parents[identifier] = record["id"]
        new = records.comment(identifier, self.account(login), at, body)
        return self.edit(full_name, number, comments=[*record["comments"], new], updatedAt=at)

    def add(self, full_name: str, at: str, title: str, login: str, **fields: Any) -> PullRequest:
        """Opens a pull request at `at` (ISO) under the next number."""
        repository = self.repository(full_name)
        if repository is None:
            raise KeyError(full_name)
        with self.lock:
            index = self._pull_requests[repository["id"]]
            number = max(index.by_number, default=0) + 1
            whole = records.pull_request(repository, number, at, title, self.account(login)) | fields
            record = PullRequest(whole, None, self._shelf)
            index.add(record)
            self._nodes[record["id"]] = record
            self._changed(repository["id"])
        return record

    def delete(self, full_name: str, number: int) -> None:
        """As if GitHub's staff had removed the pull request."""
        with self.lock:
            record = self.pull_request(full_name, number)
            self.pull_requests_of(record["repository"]).remove(record)
            self._nodes.pop(record["id"])
            self._changed(record["id"])

    def delete_account(self, login: str) -> None:
        """From now on whatever the account did has the author null."""
        with self.lock:
            self._accounts[login.lower()]["isDeleted"] = True
            self._changed(None)

    def delete_head_repository(self, full_name: str, number: int) -> PullRequest:
        return self.edit(full_name, number, headRepository=None, headRef=None)

    def rename_repository(self, full_name: str, name: str) -> None:
        """The old name goes on working, as GitHub's redirects do."""
        repository = self.repository(full_name)
        if repository is None:
            raise KeyError(full_name)
        with self.lock:
            self._renamed[full_name.lower()] = f"{repository['owner']['login']}/{name}".lower()
            repository["name"] = name
            self._changed(None)

    def transfer_repository(self, full_name: str, login: str) -> None:
        """Another owner has it now; its node id stays, and the old name goes on working."""
        repository = self.repository(full_name)
        if repository is None:
            raise KeyError(full_name)
        with self.lock:
            owner = self.account(login) or self.add_account(records.actor("Organization", 9_000, login, login))
            self._renamed[full_name.lower()] = f"{login}/{repository['name']}".lower()
            repository["owner"] = owner
            self._changed(None)

    def archive_repository(self, full_name: str) -> None:
        """Read-only from now on."""
        repository = self.repository(full_name)
        if repository is None:
            raise KeyError(full_name)
        with self.lock:
            repository["isArchived"] = True
            self._changed(None)

    def empty_repository(self, full_name: str) -> None:
        """No branch is left in it; its pull requests stay."""
        repository = self.repository(full_name)
        if repository is None:
            raise KeyError(full_name)
        with self.lock:
            repository["defaultBranch"] = None
            self._changed(None)

    def release(self, full_name: str, at: str, tag: str, login: str, **fields: Any) -> Record:
        """Publishes a release at `at` (ISO)."""
        repository, deliveries = self._delivering(full_name)
        number = len(deliveries.releases) + 1
        deliveries.releases.append(delivery_records.release(repository, number, tag, at, self.account(login), **fields))
        return deliveries.releases[-1]

    def deploy(self, full_name: str, at: str, environment: str, login: str, *states: tuple[str, str]) -> Record:
        """Deploys at `at` (ISO); `states` are (state, at), the oldest first."""
        repository, deliveries = self._delivering(full_name)
        number, creator = len(deliveries.deployments) + 1, self._accounts[login.lower()]
        statuses = [
            delivery_records.deployment_status(f"DS_{number}_{place}", state, moment, creator, environment)
            for place, (state, moment) in enumerate(states)
        ]
        oid = records.fake_oid("deployed", repository["databaseId"], number)
        made = delivery_records.deployment(repository, number, environment, at, oid, creator, statuses[::-1])
        deliveries.deployments.append(made)
        return made

    def _delivering(self, full_name: str) -> tuple[Record, Deliveries]:
        repository = self.repository(full_name)
        if repository is None:
            raise KeyError(full_name)
        self._changed(repository["id"])
        return repository, self.deliveries_of(repository)

    def remove_repository(self, full_name: str) -> None:
        """The repository and all in it are gone, or can no longer be seen."""
        with self.lock:
            repository = self.repository(full_name)
            if repository is None:
                raise KeyError(full_name)
            self.repositories.remove(repository)
            self._nodes.pop(repository["id"])
            for record in self._pull_requests.pop(repository["id"]):
                self._nodes.pop(record["id"])
            self._changed(None)


def _parts(pull_request: Record, identifier: str) -> Iterator[Record]:
    for thread in pull_request["reviewThreads"]:
        if thread["id"] == identifier:
            yield thread
        yield from (each for each in thread["comments"] if each["id"] == identifier)
    for name in _CHILDREN:
        yield from (each for each in pull_request[name] if each["id"] == identifier)
