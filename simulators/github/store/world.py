"""The served organisation: accounts, repositories, pull requests; lookups and changes.

Every change goes through a method here, so that orders and caches follow. Returned records are the served ones, not
copies: read them, and change them with `edit`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from threading import RLock

from simulators.github.store import delivery_records, records
from simulators.github.store.pull_requests import Build, BuildCache, PullRequest, PullRequests
from simulators.github.store.records import Record


@dataclass
class Deliveries:
    """The releases and deployments of a repository."""

    releases: list[Record] = field(default_factory=list)
    deployments: list[Record] = field(default_factory=list)


_CHILDREN = ("reviews", "comments", "timelineItems", "commits")


class Organisation:
    """One owner with its repositories, as GitHub would serve it to a member of it.

    `as_of` is the latest timestamp (ISO) in its data; `web_url` the address of its website.
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
        self._builds = BuildCache()
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

    def repository(self, full_name: str, follow_renames: bool = True) -> Record | None:
        name = full_name.lower()
        found = next((each for each in self.repositories if self.full_name(each).lower() == name), None)
        if found is None and follow_renames and name in self._renamed:
            return self.repository(self._renamed[name])
        return found

    def pull_requests_of(self, repository: Record) -> PullRequests:
        """Return the pull requests of a repository; a fork has none."""
        return self._pull_requests.get(repository["id"]) or PullRequests()

    def deliveries_of(self, repository: Record) -> Deliveries:
        """Return its releases and deployments, which are made when they are first read."""
        identifier = repository["id"]
        if identifier not in self._deliveries:
            self._deliveries[identifier] = self._delivered.get(identifier, Deliveries)()
        return self._deliveries[identifier]

    def pull_requests(self, full_name: str | None = None) -> Iterator[PullRequest]:
        """Yield every pull request, with all fields, of one repository or of all."""
        for repository in self.repositories:
            if full_name is None or self.full_name(repository).lower() == full_name.lower():
                for record in self.pull_requests_of(repository):
                    yield record.build()

    def pull_request(self, full_name: str, number: int) -> PullRequest:
        """Return a pull request; raises KeyError if there is none."""
        repository = self.repository(full_name)
        if repository is None:
            raise KeyError(full_name)
        return self.pull_requests_of(repository).by_number[number].build()

    def node(self, identifier: str) -> Record | None:
        """Return any object by its node id, including the parts of a pull request."""
        if identifier in self._nodes:
            return self._nodes[identifier]
        parent = self.parent_of(identifier)
        return None if parent is None else next(_parts(parent, identifier), None)

    def parent_of(self, identifier: str) -> Record | None:
        """Return the pull request that a part (a review, a thread, a comment, an event) belongs to."""
        if identifier in self.parents:
            return self._nodes.get(self.parents[identifier])
        numbers = records.unpack_node_id(identifier)
        return self._nodes.get(records.node_id("PR", *numbers[:2])) if len(numbers) == 3 else None

    def default_branch(self, repository: Record) -> Record | None:
        name = repository["defaultBranch"]
        oid = records.fake_oid("tip", repository["id"])
        return name and records.ref(records.node_id("REF", repository["databaseId"]), name, oid)

    def commit_at(self, oid: str | None) -> Record | None:
        """Return a commit of which only the hash is known."""
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
        """Add pull requests: for each the fields that are known now and the function that builds the rest."""
        made = [PullRequest(fields, build, self._builds) for fields, build in entries]
        self._pull_requests[repository["id"]].fill(made)
        self._nodes.update((record["id"], record) for record in made)

    def deliver(self, repository: Record, build: Callable[[], Deliveries]) -> None:
        """Set the function that makes the releases and deployments of a repository."""
        self._delivered[repository["id"]] = build

    # -- changing, also while it is served -----------------------------------------------------------------------------

    def on_change(self, listener: Callable[[str | None], None]) -> None:
        """Call `listener` with the node id of each changed object, or None if it may be any."""
        self._listeners.append(listener)

    def _changed(self, identifier: str | None) -> None:
        for listener in self._listeners:
            listener(identifier)

    def edit(self, full_name: str, number: int, **fields: object) -> PullRequest:
        """Replace fields of a pull request, by their GraphQL names; updatedAt does not move by itself."""
        with self.lock:
            record = self.pull_request(full_name, number)
            self.pull_requests_of(record["repository"]).edit(record, **fields)
            self._changed(record["id"])
        return record

    def touch(self, full_name: str, number: int, at: str) -> PullRequest:
        """Move updatedAt to `at` (ISO), as a label or an edit does."""
        return self.edit(full_name, number, updatedAt=at)

    def comment(self, full_name: str, number: int, login: str, at: str, body: str) -> PullRequest:
        """Add a comment at `at` (ISO)."""
        record = self.pull_request(full_name, number)
        identifier = self._new_id("IC", record, len(record["comments"]))
        new = records.comment(identifier, self.account(login), at, body)
        return self.edit(full_name, number, comments=[*record["comments"], new], updatedAt=at)

    def review(self, full_name: str, number: int, login: str, at: str, state: str) -> PullRequest:
        """Submit a review at `at` (ISO)."""
        record = self.pull_request(full_name, number)
        identifier = self._new_id("PRR", record, len(record["reviews"]))
        new = records.review(identifier, self.account(login), at, state)
        return self.edit(full_name, number, reviews=[*record["reviews"], new], updatedAt=at)

    def dismiss(self, full_name: str, number: int, login: str, at: str) -> PullRequest | None:
        """Dismiss the oldest review that can be: its state is overwritten, its time stays; None if there is none.

        Only an approval and a request for changes can be dismissed
        (https://docs.github.com/en/rest/pulls/reviews#dismiss-a-review-for-a-pull-request).
        """
        record = self.pull_request(full_name, number)
        review = next((each for each in record["reviews"] if each["state"] in ("APPROVED", "CHANGES_REQUESTED")), None)
        if review is None:
            return None
        identifier = self._new_id("RDE", record, len(record["timelineItems"]))
        dismissed = review | {"state": "DISMISSED", "updatedAt": at}
        event = records.event(
            "ReviewDismissed",
            identifier,
            self.account(login),
            at,
            previousReviewState=review["state"],
            review=dismissed,
        )
        reviews = [dismissed if each is review else each for each in record["reviews"]]
        events = [*record["timelineItems"], event]
        return self.edit(full_name, number, reviews=reviews, timelineItems=events, updatedAt=at)

    def _new_id(self, prefix: str, record: Record, place: int) -> str:
        """Return an id for a part that is added while it is served."""
        identifier = records.node_id(prefix, record["repository"]["databaseId"], record["number"], 1_000_000 + place)
        self.parents[identifier] = record["id"]
        return identifier

    def add(self, full_name: str, at: str, title: str, login: str, **fields: object) -> PullRequest:
        """Open a pull request at `at` (ISO) with the next number."""
        repository = self.repository(full_name)
        if repository is None:
            raise KeyError(full_name)
        with self.lock:
            index = self._pull_requests[repository["id"]]
            number = max(index.by_number, default=0) + 1
            whole = records.pull_request(repository, number, at, title, self.account(login)) | fields
            record = PullRequest(whole, None, self._builds)
            index.add(record)
            self._nodes[record["id"]] = record
            self._changed(repository["id"])
        return record

    def delete(self, full_name: str, number: int) -> None:
        """Delete a pull request, as GitHub's staff can."""
        with self.lock:
            record = self.pull_request(full_name, number)
            self.pull_requests_of(record["repository"]).remove(record)
            self._nodes.pop(record["id"])
            self._changed(record["id"])

    def delete_account(self, login: str) -> None:
        """Delete an account: everything that it did has the author null from now on."""
        with self.lock:
            self._accounts[login.lower()]["isDeleted"] = True
            self._changed(None)

    def rename_account(self, login: str, new: str) -> Record:
        """Change the login of an account; its id stays. Somebody else may take the old login: `add_account`.

        GitHub redirects the addresses of an owner's repositories from then on, by REST and GraphQL, but not the old
        login itself, which is unknown:
        https://docs.github.com/en/organizations/managing-organization-settings/renaming-an-organization
        """
        with self.lock:
            account = self._accounts.pop(login.lower())
            for repository in self.repositories:
                if repository["owner"] is account and login.lower() != new.lower():
                    self._renamed[self.full_name(repository).lower()] = f"{new}/{repository['name']}".lower()
            account["login"] = new
            self.add_account(account)
            self._changed(None)
        return account

    def delete_head_repository(self, full_name: str, number: int) -> PullRequest:
        return self.edit(full_name, number, headRepository=None, headRef=None)

    def rename_repository(self, full_name: str, name: str) -> None:
        """Rename a repository; the old name keeps working, like GitHub's redirects."""
        repository = self.repository(full_name)
        if repository is None:
            raise KeyError(full_name)
        with self.lock:
            self._renamed[full_name.lower()] = f"{repository['owner']['login']}/{name}".lower()
            repository["name"] = name
            self._changed(None)

    def transfer_repository(self, full_name: str, login: str) -> None:
        """Transfer a repository to another owner; its node id stays, and the old name keeps working."""
        repository = self.repository(full_name)
        if repository is None:
            raise KeyError(full_name)
        with self.lock:
            owner = self.account(login) or self.add_account(records.actor("Organization", 9_000, login, login))
            self._renamed[full_name.lower()] = f"{login}/{repository['name']}".lower()
            repository["owner"] = owner
            self._changed(None)

    def archive_repository(self, full_name: str) -> None:
        """Make a repository read-only."""
        repository = self.repository(full_name)
        if repository is None:
            raise KeyError(full_name)
        with self.lock:
            repository["isArchived"] = True
            self._changed(None)

    def empty_repository(self, full_name: str) -> None:
        """Delete all branches of a repository; its pull requests stay."""
        repository = self.repository(full_name)
        if repository is None:
            raise KeyError(full_name)
        with self.lock:
            repository["defaultBranch"] = None
            self._changed(None)

    def release(self, full_name: str, at: str, tag: str, login: str, **fields: object) -> Record:
        """Publish a release at `at` (ISO)."""
        repository, deliveries = self._delivering(full_name)
        number = len(deliveries.releases) + 1
        deliveries.releases.append(delivery_records.release(repository, number, tag, at, self.account(login), **fields))
        return deliveries.releases[-1]

    def deploy(self, full_name: str, at: str, environment: str, login: str, *states: tuple[str, str]) -> Record:
        """Deploy at `at` (ISO); `states` are (state, at), oldest first."""
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
        """Remove a repository with everything in it, or its visibility."""
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
