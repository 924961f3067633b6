"""Reviews of invented pull requests, with their threads, replies and resolutions."""

from collections.abc import Callable
from random import Random

from simulators.github.store import records
from simulators.github.store.records import Record, iso
from simulators.github.story import cast, phrases
from simulators.github.story.cast import Repository, theme_of
from simulators.github.story.life import LifeEvent
from simulators.github.story.wording import fill


class Threads:
    """Builds reviews and threads from events in order; `new_id` makes ids, `account` finds the account of a login."""

    def __init__(
        self, plan: Repository, random: Random, new_id: Callable[[str], str], account: Callable[[str], Record | None]
    ) -> None:
        self._plan, self._random, self._new_id, self._account = plan, random, new_id, account
        self.reviews: list[Record] = []
        self.threads: list[Record] = []
        self._unanswered: list[Record] = []

    def next(self, each: LifeEvent) -> None:
        if each.what == "review":
            self._review(each)
        elif each.what == "replied":
            self._reply(each)
        elif each.what == "merged":
            self._settle(each)

    def _review(self, each: LifeEvent) -> None:
        who = self._account(each.who)
        body = "" if each.who in cast.AI_REVIEWERS else self._random.choice(_BODIES[each.state])
        review = records.review(self._new_id("PRR"), who, iso(each.at), each.state, body, _association(each.who))
        self.reviews.append(review)
        for _ in range(each.count):
            thread = self._thread(each, who)
            review["comments"].append(thread["comments"][0])
            thread["comments"][0]["pullRequestReview"] = _reference(review)
            self.threads.append(thread)
            self._unanswered.append(thread)

    def _thread(self, each: LifeEvent, who: Record | None) -> Record:
        theme, random = phrases.THEMES[theme_of(self._plan.name)], self._random
        words = phrases.AI_REVIEW_COMMENTS if each.who in cast.AI_REVIEWERS else phrases.REVIEW_COMMENTS
        path = f"{random.choice(theme.paths)}/{random.choice(phrases.NAMES)}{theme.suffix}"
        first = records.review_comment(
            self._new_id("PRRC"),
            who,
            iso(each.at),
            fill(random.choice(words), self._plan, random),
            path,
            _association(each.who),
        )
        return records.thread(self._new_id("PRRT"), [first], random.randint(3, 400))

    def _reply(self, each: LifeEvent) -> None:
        """Add the author's responses to open threads; most are then resolved, many outdated by the new commit."""
        for thread in self._unanswered:
            if self._random.random() < 0.75:
                text = self._random.choice(phrases.REPLIES)
                reply = records.review_comment(
                    self._new_id("PRRC"), self._account(each.who), iso(each.at), text, thread["path"]
                )
                reply["replyTo"] = _reference(thread["comments"][0])
                thread["comments"].append(reply)
            thread["isOutdated"] = self._random.random() < 0.6
            thread["isResolved"] = self._random.random() < 0.7
            thread["resolvedBy"] = _person(self._account(each.who)) if thread["isResolved"] else None
        self._unanswered = []

    def _settle(self, each: LifeEvent) -> None:
        for thread in self.threads:
            if not thread["isResolved"] and self._random.random() < 0.5:
                thread["isResolved"], thread["resolvedBy"] = True, _person(self._account(each.who))


def _person(account: Record | None) -> Record | None:
    return account if account and account["__typename"] == "User" else None


def _association(login: str) -> str:
    return "NONE" if login in cast.BOTS else "MEMBER"


def _reference(record: Record) -> Record:
    """Return the record without its references, so that there are no cycles."""
    return {name: value for name, value in record.items() if name != "comments"} | {"comments": []}


_BODIES = {"APPROVED": phrases.APPROVALS, "CHANGES_REQUESTED": phrases.CHANGES, "COMMENTED": phrases.CHANGES}
