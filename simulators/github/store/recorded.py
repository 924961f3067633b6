"""Real pull requests from a gzip file with one JSON per line: GitHub's REST responses, served as they were.

A line is {"pull": the pull request, "events": the issue timeline, "comments": the review comments}. What the file does
not contain cannot be served: files (their number is known), whether a thread is resolved, reviews that were deleted.
Threads are built from review comments by `in_reply_to_id`; commits keep their position in the timeline.
"""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from simulators.github.store import records
from simulators.github.store.records import Record
from simulators.github.store.world import Organisation

Rest = dict[str, Any]

WEB_URL = "https://github.com"


def load_repository(path: Path, owner: str, name: str) -> Organisation:
    """Return an organisation with the repository owner/name; raises ValueError if the file is of another one."""
    lines = list(_lines(path))
    as_of = max(line["pull"]["updated_at"] for line in lines)
    organisation, repository = _founded(lines[-1]["pull"]["base"]["repo"], as_of)
    full_name = organisation.full_name(repository)
    if full_name.lower() != f"{owner}/{name}".lower():
        raise ValueError(f"{path} holds {full_name}, not {owner}/{name}")
    reader = _Reader(organisation, repository)
    organisation.fill(repository, [(reader.pull_request(line), None) for line in lines])
    for account in list(organisation.accounts()):
        if account["login"] in reader.members:
            organisation.add_member(account)
    return organisation


def _lines(path: Path) -> Iterator[Rest]:
    with gzip.open(path) as file:
        yield from map(orjson.loads, file)


def _founded(repo: Rest, as_of: str) -> tuple[Organisation, Record]:
    owner = repo["owner"]
    account = records.actor(owner["type"], owner["id"], owner["login"]) | {"id": owner["node_id"]}
    viewer = records.actor("User", 1, "prflow-reader")
    organisation = Organisation(account, viewer, as_of, WEB_URL)
    repository = records.repository(
        account,
        repo["id"],
        repo["name"],
        repo["created_at"],
        id=repo["node_id"],
        description=repo["description"],
        isPrivate=repo["private"],
        defaultBranch=repo["default_branch"],
        language=repo["language"],
        pushedAt=repo["pushed_at"],
        updatedAt=repo["updated_at"],
        stargazerCount=repo["stargazers_count"],
        forkCount=repo["forks_count"],
    )
    return organisation, organisation.add_repository(repository)


class _Reader:
    """Turns lines into records, and keeps the accounts and the parent of each part."""

    def __init__(self, organisation: Organisation, repository: Record) -> None:
        self.organisation, self.repository = organisation, repository
        self.members: set[str] = set()

    def pull_request(self, line: Rest) -> Record:
        pull, events = line["pull"], line["events"]
        author = self.account(pull["user"])
        record = records.pull_request(self.repository, pull["number"], pull["created_at"], pull["title"], author)
        record |= {"id": pull["node_id"], "databaseId": pull["id"]} | self._state(pull) | self._branches(pull, events)
        record |= self._surroundings(pull)
        record |= {
            "body": pull.get("body") or "",
            "authorAssociation": pull["author_association"],
            "additions": pull["additions"],
            "deletions": pull["deletions"],
            "changedFiles": pull["changed_files"],
            "reviews": [self._review(each) for each in events if each["event"] == "reviewed"],
            "comments": [self._comment(each) for each in events if each["event"] == "commented"],
            "commits": [self._commit(each) for each in events if each["event"] == "committed"],
            "reviewThreads": self._threads(line["comments"]),
            "timelineItems": [made for each in events if (made := self._event(each, pull))],
        }
        self._adopt(record)
        return record

    def account(self, rest: Rest | None) -> Record | None:
        """Return the account; a deleted one is null or `ghost` in REST. Only REST has a bot's suffix [bot]."""
        if rest is None or rest["login"] == "ghost":
            return None
        login = rest["login"].removesuffix("[bot]")
        known = self.organisation.account(login)
        if known is not None:
            return known
        account = records.actor(rest["type"], rest["id"], login, rest.get("name"))
        return self.organisation.add_account(account | {"id": rest["node_id"]})

    # -- the pull request ----------------------------------------------------------------------------------------------

    def _state(self, pull: Rest) -> Record:
        state = "MERGED" if pull.get("merged_at") else pull["state"].upper()
        return {
            "state": state,
            "isDraft": pull["draft"],
            "locked": pull["locked"],
            "updatedAt": pull["updated_at"],
            "mergedAt": pull.get("merged_at"),
            "closedAt": pull.get("closed_at"),
            "mergedBy": self.account(pull.get("merged_by")),
            "maintainerCanModify": pull["maintainer_can_modify"],
            "mergeCommitOid": pull.get("merge_commit_sha") if state == "MERGED" else None,
        }

    def _branches(self, pull: Rest, events: list[Rest]) -> Record:
        head, base = pull["head"], pull["base"]
        deleted = [each["event"] for each in events if each["event"] in ("head_ref_deleted", "head_ref_restored")]
        is_gone = deleted[-1:] == ["head_ref_deleted"] or not head.get("repo")
        return {
            "headRefName": head["ref"],
            "headRefOid": head["sha"],
            "headRepository": self._fork(head.get("repo")),
            "headRef": None if is_gone else records.ref(f"REF_{pull['node_id']}", head["ref"], head["sha"]),
            "baseRefName": base["ref"],
            "baseRefOid": base["sha"],
            "baseRef": records.ref(f"REF_{self.repository['id']}", base["ref"], base["sha"]),
            "isCrossRepository": (head.get("repo") or {}).get("id") != base["repo"]["id"],
        }

    def _fork(self, repo: Rest | None) -> Record | None:
        if repo is None or repo["id"] == self.repository["databaseId"]:
            return repo and self.repository
        owner = self.account(repo["owner"])
        if owner is None:
            return None
        return records.repository(
            owner,
            repo["id"],
            repo["name"],
            repo["created_at"],
            id=repo["node_id"],
            isFork=repo["fork"],
            isPrivate=repo["private"],
            defaultBranch=repo["default_branch"],
        )

    def _surroundings(self, pull: Rest) -> Record:
        """Return labels, people and the milestone."""
        asked = [self.account(each) for each in pull["requested_reviewers"]]
        milestone = pull.get("milestone")
        return {
            "labels": [self._label(each) for each in pull["labels"]],
            "assignees": [account for each in pull["assignees"] if (account := self.account(each))],
            "reviewRequests": [
                records.review_request(f"RR_{pull['node_id']}_{account['login']}", account)
                for account in asked
                if account
            ],
            "milestone": milestone
            and records.milestone(milestone["number"], milestone["title"], milestone["created_at"]),
            "reviewDecision": None,
        }

    def _label(self, rest: Rest) -> Record:
        return {
            "__typename": "Label",
            "id": rest.get("node_id") or f"LA_{rest['name']}",
            "name": rest["name"],
            "color": rest["color"],
            "description": rest.get("description"),
        }

    # -- its parts -----------------------------------------------------------------------------------------------------

    def _review(self, rest: Rest) -> Record:
        author = self._author(rest)
        made = records.review(
            rest["node_id"],
            author,
            rest["submitted_at"],
            rest["state"].upper(),
            rest.get("body") or "",
            rest["author_association"],
        )
        return made | {"databaseId": rest["id"]}

    def _comment(self, rest: Rest) -> Record:
        author = self._author(rest)
        made = records.comment(
            rest["node_id"], author, rest["created_at"], rest.get("body") or "", rest["author_association"]
        )
        return made | {"databaseId": rest["id"], "updatedAt": rest["updated_at"]}

    def _author(self, rest: Rest) -> Record | None:
        author = self.account(rest.get("user"))
        if author and rest.get("author_association") in ("MEMBER", "OWNER"):
            self.members.add(author["login"])
        return author

    def _commit(self, rest: Rest) -> Record:
        """Return the commit without accounts, which GitHub's REST timeline does not name."""
        author, committer = (
            records.git_actor(rest[role]["name"], rest[role]["email"], rest[role]["date"])
            for role in ("author", "committer")
        )
        made = records.commit(rest["sha"], rest["message"], author, committer)
        return records.pull_request_commit(f"PRC_{rest['node_id']}", made)

    def _threads(self, comments: list[Rest]) -> list[Record]:
        made: dict[int, list[Record]] = {}
        roots: dict[int, Rest] = {}
        for rest in sorted(comments, key=lambda each: (each["created_at"], each["id"])):
            root = rest.get("in_reply_to_id") or rest["id"]
            roots.setdefault(root, rest)
            made.setdefault(root, []).append(self._review_comment(rest))
        return [
            records.thread(
                f"PRRT_{thread[0]['id']}",
                thread,
                roots[root].get("line"),
                isOutdated=roots[root].get("position") is None,
                originalLine=roots[root].get("original_line"),
            )
            for root, thread in made.items()
        ]

    def _review_comment(self, rest: Rest) -> Record:
        made = records.review_comment(
            rest["node_id"],
            self._author(rest),
            rest["created_at"],
            rest["body"],
            rest["path"],
            rest["author_association"],
        )
        return made | {"databaseId": rest["id"], "updatedAt": rest["updated_at"]}

    def _event(self, rest: Rest, pull: Rest) -> Record | None:
        kind = _EVENTS.get(rest["event"])
        if kind is None:
            return None
        more = _MORE[kind](self, rest, pull) if kind in _MORE else {}
        return records.event(kind, rest["node_id"], self.account(rest.get("actor")), rest["created_at"], **more)

    def read_requested_reviewer(self, rest: Rest, pull: Rest) -> Record:
        reviewer = rest.get("requested_reviewer")
        return {"requestedReviewer": self.account(reviewer)}

    def read_assignee(self, rest: Rest, pull: Rest) -> Record:
        return {"assignee": self.account(rest.get("assignee"))}

    def read_dismissed(self, rest: Rest, pull: Rest) -> Record:
        """Read https://docs.github.com/en/rest/using-the-rest-api/issue-event-types#review_dismissed."""
        return {"previousReviewState": rest["dismissed_review"]["state"].upper()}

    def read_closer(self, rest: Rest, pull: Rest) -> Record:
        """Read the commit that closed it: https://docs.github.com/en/rest/using-the-rest-api/issue-event-types#closed."""
        return {"closer": self.organisation.commit_at(rest.get("commit_id"))}

    def read_label(self, rest: Rest, pull: Rest) -> Record:
        return {"label": self._label(rest["label"])}

    def _adopt(self, record: Record) -> None:
        """Remember the pull request of each part, because real ids do not contain it."""
        parts = [*record["reviews"], *record["comments"], *record["commits"], *record["timelineItems"]]
        for thread in record["reviewThreads"]:
            parts += [thread, *thread["comments"]]
        self.organisation.parents.update((part["id"], record["id"]) for part in parts)


_EVENTS = {
    "ready_for_review": "ReadyForReview",
    "convert_to_draft": "ConvertToDraft",
    "review_requested": "ReviewRequested",
    "review_request_removed": "ReviewRequestRemoved",
    "closed": "Closed",
    "reopened": "Reopened",
    "merged": "Merged",
    "head_ref_force_pushed": "HeadRefForcePushed",
    "labeled": "Labeled",
    "unlabeled": "Unlabeled",
    "assigned": "Assigned",
    "unassigned": "Unassigned",
    "renamed": "RenamedTitle",
    "review_dismissed": "ReviewDismissed",
    "head_ref_deleted": "HeadRefDeleted",
    "head_ref_restored": "HeadRefRestored",
    "milestoned": "Milestoned",
    "demilestoned": "Demilestoned",
}

_MORE: dict[str, Callable[[_Reader, Rest, Rest], Record]] = {
    "ReviewRequested": _Reader.read_requested_reviewer,
    "ReviewRequestRemoved": _Reader.read_requested_reviewer,
    "ReviewDismissed": _Reader.read_dismissed,
    "Closed": _Reader.read_closer,
    "Assigned": _Reader.read_assignee,
    "Unassigned": _Reader.read_assignee,
    "Labeled": _Reader.read_label,
    "Unlabeled": _Reader.read_label,
    "Merged": lambda reader, rest, pull: {"mergeRefName": pull["base"]["ref"], "oid": rest.get("commit_id")},
    "HeadRefForcePushed": lambda reader, rest, pull: {"oid": rest.get("commit_id")},
    "HeadRefDeleted": lambda reader, rest, pull: {"headRefName": pull["head"]["ref"]},
    "RenamedTitle": lambda reader, rest, pull: {
        "previousTitle": rest["rename"]["from"],
        "currentTitle": rest["rename"]["to"],
    },
    "Milestoned": lambda reader, rest, pull: {"milestoneTitle": rest["milestone"]["title"]},
    "Demilestoned": lambda reader, rest, pull: {"milestoneTitle": rest["milestone"]["title"]},
}
