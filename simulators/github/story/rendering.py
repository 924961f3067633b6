"""From the life of an invented pull request to the served record, with all texts."""

from dataclasses import dataclass
from random import Random

from simulators.github.store import records
from simulators.github.store.records import Record, iso, node_id
from simulators.github.store.world import Organisation
from simulators.github.story import cast, phrases, wording
from simulators.github.story.cast import Repository, theme_of
from simulators.github.story.identity import Origin, Story, identify, random_of
from simulators.github.story.life import Life, LifeEvent, live
from simulators.github.story.merging import Merging
from simulators.github.story.reverts import revert_words
from simulators.github.story.threads import Threads

CURSOR = ("Cursor Agent", "cursoragent@cursor.com")


@dataclass(frozen=True, slots=True)
class Reverted:
    """The pull request that a revert undoes."""

    number: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Reverting:
    """The revert of this pull request: who opened it and when."""

    number: int
    login: str
    at: float

    def event(self) -> LifeEvent:
        return LifeEvent(self.at, "referenced", self.login, count=self.number)


@dataclass(slots=True)
class Scene:
    """The input of one record."""

    organisation: Organisation
    story: Story
    plan: Repository
    repository: Record
    labels: dict[str, Record]


def light_record(repository: Record, number: int, life: Life) -> Record:
    """Return the fields that a scan reads; `render` gives the same values."""
    return {
        "__typename": "PullRequest",
        "id": node_id("PR", repository["databaseId"], number),
        "databaseId": repository["databaseId"] * 100_000 + number,
        "number": number,
        "state": life.final_state()[0],
        "createdAt": iso(life.created_at),
        "updatedAt": iso(life.updated_at),
        "repository": repository,
    }


def render(scene: Scene, origin: Origin, number: int, reverted: Reverted | None, reverting: Reverting | None) -> Record:
    life = live(scene.story, scene.plan, origin)
    if reverting:
        life.add(reverting.event())
    return _Renderer(scene, origin, number, life, reverted).render()


class _Renderer:
    """Renders one record; `_id` numbers its parts, so that an id leads back to the pull request."""

    def __init__(self, scene: Scene, origin: Origin, number: int, life: Life, reverted: Reverted | None) -> None:
        self.scene, self.number, self.life = scene, number, life
        self.plan, self.repository = scene.plan, scene.repository
        self.random: Random = random_of(scene.story, scene.plan, origin, "text")
        self.identity = life.identity
        self.title, self.branch, self.body = self._words(origin, reverted)
        self.parts = 0
        self.threads = Threads(self.plan, self.random, self._id, self._account)

    def render(self) -> Record:
        record = light_record(self.repository, self.number, self.life)
        files = self._files()
        record.update(self._head())
        record |= {
            "title": self.title,
            "body": self.body,
            "isDraft": self._is_draft(),
            "locked": False,
            "files": files,
            "author": self._account(self.identity.opener),
            "authorAssociation": self._association(self.identity.opener),
            "additions": sum(each["additions"] for each in files),
            "changedFiles": len(files),
            "deletions": sum(each["deletions"] for each in files),
            "milestone": None,
            "maintainerCanModify": False,
            "labels": self._labels(),
            "assignees": [],
            "closingIssuesReferences": self._issues(),
        }
        for each in self.life.events:
            self.threads.next(each)
        record |= self._conversation() | self._ending(record) | {"commits": self._commits(files)}
        return Merging(self.scene.organisation, self.scene.story, self.plan, self.life, self._id).apply(record)

    # -- words ---------------------------------------------------------------------------------------------------------

    def _words(self, origin: Origin, reverted: Reverted | None) -> tuple[str, str, str]:
        story, plan = self.scene.story, self.plan
        if reverted:
            title = wording.title_of(story, plan, reverted.origin)
            random = random_of(story, plan, reverted.origin, "text")
            branch = wording.branch_of(identify(story, plan, reverted.origin), title, reverted.number, random)
            full_name = f"{self.repository['owner']['login']}/{self.repository['name']}"
            database_id = self.repository["databaseId"]
            return revert_words(self.number, title, branch, reverted.number, full_name, database_id)
        if origin.kind == "release":
            day = iso(origin.created_at)[:10]
            return (
                f"Release {day}",
                self.repository["defaultBranch"],
                f"Everything since the last release, as of {day}.",
            )
        title = wording.title_of(story, plan, origin)
        branch = wording.branch_of(self.identity, title, self.number, self.random)
        self.issue = self.number - 1 - self.random.randrange(9) if self._closes_issue() else None
        return title, branch, wording.body_of(plan, self.identity, self.issue, self.random)

    issue: int | None = None

    def _closes_issue(self) -> bool:
        return self.identity.kind in ("feature", "bugfix") and self.random.random() < 0.3

    # -- parts ---------------------------------------------------------------------------------------------------------

    def _id(self, prefix: str) -> str:
        self.parts += 1
        return node_id(prefix, self.repository["databaseId"], self.number, self.parts)

    def _account(self, login: str) -> Record | None:
        account = self.scene.organisation.account(login)
        return None if account is None or account["isDeleted"] else account

    def _association(self, login: str) -> str:
        if login in cast.BOTS:
            return "NONE"
        return "CONTRIBUTOR" if self.identity.is_from_fork and login == self.identity.author.login else "MEMBER"

    def _happened(self, *what: str) -> list[LifeEvent]:
        return [each for each in self.life.events if each.what in what]

    def _head(self) -> Record:
        numbers = (self.repository["databaseId"], self.number)
        oid = records.fake_oid("head", *numbers)
        is_gone = bool(self._happened("branch_deleted"))
        head, base = self._head_repository(), self.repository["defaultBranch"]
        base = cast.RELEASED_TO if self.identity.kind == "release" else base
        return {
            "baseRefName": base,
            "baseRefOid": records.fake_oid("base", *numbers),
            "headRefName": self.branch,
            "baseRef": records.ref(node_id("REF", numbers[0]), base, records.fake_oid("tip", self.repository["id"])),
            "headRefOid": oid,
            "headRepository": head,
            "isCrossRepository": self.identity.is_from_fork,
            "headRef": None if is_gone or head is None else records.ref(node_id("REF", *numbers), self.branch, oid),
        }

    def _head_repository(self) -> Record | None:
        """Return the head repository; a third of the forks are deleted after the merge."""
        if not self.identity.is_from_fork:
            return self.repository
        owner = self._account(self.identity.author.login)
        if owner is None or self.number % 3 == 0:
            return None
        return records.repository(
            owner,
            self.repository["databaseId"] * 1000 + owner["databaseId"],
            self.repository["name"],
            self.repository["createdAt"],
            isFork=True,
            isPrivate=False,
        )

    def _is_draft(self) -> bool:
        turns = self._happened("ready", "draft")
        return self.life.is_draft_first if not turns else turns[-1].what == "draft"

    def _labels(self) -> list[Record]:
        kind = self.identity.kind
        is_labelled = self._happened("labeled") or kind in ("hotfix", "dependency")
        return [self.scene.labels[cast.LABEL_OF[kind]]] if is_labelled else []

    def _issues(self) -> list[Record]:
        if self.issue is None:
            return []
        identifier = node_id("I", self.repository["databaseId"], self.issue)
        at = iso(self.life.created_at)
        return [records.issue(identifier, self.issue, "Reported by support", self.repository, at)]

    def _conversation(self) -> Record:
        return {"comments": self._comments(), "reviews": self.threads.reviews, "reviewThreads": self.threads.threads}

    def _comments(self) -> list[Record]:
        texts = {
            "chat": phrases.CHATS,
            "farewell": phrases.FAREWELLS,
            "preview": (phrases.PREVIEW,),
            "walkthrough": (phrases.WALKTHROUGH,),
        }
        return [
            records.comment(
                self._id("IC"),
                self._account(each.who),
                iso(each.at),
                wording.fill(
                    self.random.choice(texts[each.what]),
                    self.plan,
                    self.random,
                    number=str(self.number),
                    who=self.identity.author.login,
                    path="src/index",
                ),
                self._association(each.who),
            )
            for each in self._happened(*texts)
        ]

    def _files(self) -> list[Record]:
        theme = phrases.THEMES[theme_of(self.plan.name)]
        kind, random, lines = self.identity.kind, self.random, self.life.lines
        if kind == "dependency":
            lock_file = records.changed_file(theme.lock_file, lines, max(1, lines - 2))
            return [lock_file, records.changed_file(theme.manifest, 1, 1)]
        count = max(1, min(60, int(lines**0.5 / 2.2 * random.lognormvariate(0, 0.4))))
        shares = [random.random() + 0.05 for _ in range(count)]
        files = {}
        for share in shares:
            path = _path(theme, kind, random)
            part = max(1, round(lines * share / sum(shares)))
            removed = int(part * random.betavariate(1.2, 3.0))
            change = "ADDED" if removed == 0 and random.random() < 0.5 else "MODIFIED"
            files[path] = records.changed_file(path, part - removed, removed, change)
        if kind == "feature" and random.random() < 0.06:
            added, removed = random.randint(40, 2500), random.randint(0, 900)
            files[theme.lock_file] = records.changed_file(theme.lock_file, added, removed)
        return list(files.values())

    def _commits(self, files: list[Record]) -> list[Record]:
        moments = [self.life.first_commit_at, *(each.at for each in self._happened("commit", "force_push"))]
        moments = sorted(at for at in moments if at <= self.life.updated_at)
        pushed = [each.at for each in self._happened("force_push")]
        rebased_at = pushed[-1] if pushed else 0.0
        return [self._commit(place, at, max(at, rebased_at), files) for place, at in enumerate(moments)]

    def _commit(self, place: int, authored: float, committed: float, files: list[Record]) -> Record:
        """Return a commit; after a force push the committer's dates are new, and the author's are not."""
        name, email, login = self._committer()
        oid = records.fake_oid("commit", self.repository["databaseId"], self.number, place)
        headline = (
            self.title
            if place == 0
            else wording.fill(self.random.choice(phrases.COMMIT_MESSAGES), self.plan, self.random, branch=self.branch)
        )
        message = headline + wording.trailers_of(self.identity, self.random)
        user = self._account(login) if login else None
        author = records.git_actor(name, email, iso(authored), user if user and user["__typename"] == "User" else None)
        size = (files[place % len(files)]["additions"], files[place % len(files)]["deletions"], 1)
        made = records.commit(oid, message, author, author | {"date": iso(committed)}, size)
        return records.pull_request_commit(self._id("PRC"), made)

    def _committer(self) -> tuple[str, str, str | None]:
        author, opener = self.identity.author, self.identity.opener
        if opener in cast.BOTS:
            name = cast.BOTS[opener]
            return name, f"{sum(map(ord, opener)) * 7919}+{name}@users.noreply.github.com", opener
        if self.identity.agent == "cursor":
            return (*CURSOR, None)
        return author.name, author.email, author.login

    # -- the end -------------------------------------------------------------------------------------------------------

    def _ending(self, record: Record) -> Record:
        state, ended = self.life.final_state()
        at = iso(ended) if ended else None
        merger = next((each.who for each in reversed(self.life.events) if each.what == "merged"), None)
        by = merger if state == "MERGED" else None
        oid = records.fake_oid("merge", self.repository["databaseId"], self.number) if state == "MERGED" else None
        return {
            "mergedAt": at if state == "MERGED" else None,
            "closedAt": at,
            "mergeCommitOid": oid,
            "mergedBy": self._account(by) if by else None,
            "reviewDecision": self._decision(),
            "timelineItems": self._timeline(record, oid),
            "reviewRequests": self._requests(state),
        }

    def _decision(self) -> str:
        latest = {each.who: each.state for each in self._happened("review") if each.state != "COMMENTED"}
        if "CHANGES_REQUESTED" in latest.values():
            return "CHANGES_REQUESTED"
        return "APPROVED" if latest else "REVIEW_REQUIRED"

    def _requests(self, state: str) -> list[Record]:
        """Return the open review requests: those of people who have not reviewed yet."""
        reviewed = {each.who for each in self._happened("review")}
        asked = [self._account(each.who) for each in self._happened("asked") if each.who not in reviewed]
        found = [records.review_request(self._id("RR"), account) for account in asked if account]
        return found if state == "OPEN" else found[:1]

    def _timeline(self, record: Record, oid: str | None) -> list[Record]:
        made: list[Record] = []
        for each in self.life.events:
            made.extend(self._events(each, record, oid))
        return made

    def _events(self, each: LifeEvent, record: Record, oid: str | None) -> list[Record]:
        who, at = self._account(each.who), iso(each.at)
        if each.what == "asked":
            opener = self._account(self.identity.opener)
            return [records.event("ReviewRequested", self._id("RRE"), opener, at, requestedReviewer=who)]
        if each.what == "labeled":
            return [records.event("Labeled", self._id("LE"), who, at, label=label) for label in record["labels"]]
        if each.what == "merged":
            merged = records.event("Merged", self._id("ME"), who, at, mergeRefName=record["baseRefName"], oid=oid)
            return [merged, records.event("Closed", self._id("CE"), who, at)]
        if each.what == "referenced":
            return [records.event("CrossReferenced", self._id("CRE"), who, at, sourceNumber=each.count)]
        more = {"force_push": {"oid": record["headRefOid"]}, "branch_deleted": {"headRefName": self.branch}}
        kind = _EVENTS.get(each.what)
        return [records.event(kind, self._id("EV"), who, at, **more.get(each.what, {}))] if kind else []


_EVENTS = {
    "ready": "ReadyForReview",
    "draft": "ConvertToDraft",
    "closed": "Closed",
    "reopened": "Reopened",
    "force_push": "HeadRefForcePushed",
    "branch_deleted": "HeadRefDeleted",
}


def _path(theme: phrases.Theme, kind: str, random: Random) -> str:
    folder, name = random.choice(theme.paths), random.choice(phrases.NAMES)
    if kind == "docs":
        return f"docs/{name}.md"
    if kind == "ci":
        return f".github/workflows/{name}.yml"
    if kind == "test" or random.random() < 0.3:
        return f"{folder}/{name}{theme.test_suffix}"
    return f"{folder}/{name}{random.choice(('', '_store', '_view', '_client'))}{theme.suffix}"
