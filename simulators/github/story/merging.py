"""How a pull request came to be merged: by a queue, automatically, by a bot that pushes; and what was dismissed.

Decided by the number, after the story of its life: nobody's turn or time changes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from simulators.github.store import records
from simulators.github.store.records import Record, iso, seconds
from simulators.github.store.world import Organisation
from simulators.github.story import cast
from simulators.github.story.identity import Story
from simulators.github.story.life import Life
from simulators.github.story.working_time import DAY, HOUR

FAILED_CHECKS_EVERY, PENDING_CHECKS_EVERY = 23, 9
AUTO_MERGED_EVERY = 3
DISMISSED_EVERY = 11


@dataclass(frozen=True, slots=True)
class Merging:
    """What is needed besides the record; `new_id` numbers its parts."""

    organisation: Organisation
    story: Story
    plan: cast.Repository
    life: Life
    new_id: Callable[[str], str]

    def apply(self, record: Record) -> Record:
        """Return the record with all that GitHub knows of its merge."""
        record |= records.merging(statusCheckRollup=self._checks(record))
        if record["state"] == "MERGED":
            self._dismiss(record)
            self._ask_for_merge(record)
        if self.life.is_landed and record["state"] == "CLOSED":
            self._land(record)
        record["timelineItems"].sort(key=lambda event: event["createdAt"])
        return record

    def _checks(self, record: Record) -> Record:
        number, state = record["number"], "SUCCESS"
        if number % FAILED_CHECKS_EVERY == 0:
            state = "FAILURE"
        elif record["state"] == "OPEN" and number % PENDING_CHECKS_EVERY == 0:
            state = "PENDING"
        return records.check_rollup(record["databaseId"], state)

    def _dismiss(self, record: Record) -> None:
        """Dismiss an approval by a later push, as branch protection does: GitHub overwrites its state."""
        approvals = [each for each in record["reviews"] if each["state"] == "APPROVED"]
        if record["number"] % DISMISSED_EVERY or not approvals:
            return
        first, ended = approvals[0], seconds(record["mergedAt"])
        at = seconds(first["submittedAt"]) + 0.3 * (ended - seconds(first["submittedAt"]))
        if ended - at < HOUR:
            return
        first["state"] = "DISMISSED"
        more = {"previousReviewState": "APPROVED", "review": first}
        self._add(record, "ReviewDismissed", record["author"], at, **more)

    def _ask_for_merge(self, record: Record) -> None:
        by, ended = record["mergedBy"], seconds(record["mergedAt"])
        asked_at = max(seconds(record["createdAt"]) + 1, ended - 600)
        theme, is_late = cast.theme_of(self.plan.name), ended > self.story.as_of - cast.QUEUED_DAYS * DAY
        if self.life.identity.kind == "dependency" and by and record["number"] % AUTO_MERGED_EVERY == 0:
            self._add(record, "AutoSquashEnabled", by, asked_at)
            record["autoMergeRequest"] = records.auto_merge(by, iso(asked_at))
        elif theme == cast.QUEUED_REPOSITORY and is_late and by:
            self._add(record, "AddedToMergeQueue", by, asked_at)
            queue = self.organisation.account(cast.MERGE_QUEUE)
            record["mergedBy"] = queue
            for event in record["timelineItems"]:
                if event["__typename"] == "MergedEvent":
                    event["actor"] = queue

    def _land(self, record: Record) -> None:
        """Let the bot close it by the commit that it pushed, and write so into the title."""
        closed = next((each for each in record["timelineItems"] if each["__typename"] == "MergedEvent"), None)
        if closed is None:
            return  # it was given up
        record["timelineItems"].remove(closed)
        bot, at = self.organisation.account(cast.LANDER), record["closedAt"]
        oid = records.fake_oid("merge", record["repository"]["databaseId"], record["number"])
        who = records.git_actor(cast.LANDER, f"{cast.LANDER}@users.noreply.github.com", at)
        for event in record["timelineItems"]:
            if event["__typename"] == "ClosedEvent" and event["createdAt"] == at:
                event |= {"actor": bot, "closer": records.commit(oid, record["title"], who, who)}
        titles = {"previousTitle": record["title"], "currentTitle": f"[Merged by Bors] - {record['title']}"}
        record["title"] = titles["currentTitle"]
        self._add(record, "RenamedTitle", bot, seconds(at), **titles)

    def _add(self, record: Record, kind: str, who: Record | None, at: float, **more: object) -> None:
        record["timelineItems"].append(records.event(kind, self.new_id("EV"), who, iso(at), **more))
