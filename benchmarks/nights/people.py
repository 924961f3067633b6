"""What the people of a simulated organisation do between two nights."""

from datetime import datetime, timedelta
from random import Random

from simulators.github.store import records
from simulators.github.store.records import Record
from simulators.github.story.organisation import Organisation, make_organisation

OWNER = "northwind"
REPOSITORIES, BEFORE, DAYS = 10, 3_000, 90
SHARE_OPENED, SHARE_MERGED, SHARE_REVIEWED = 0.3, 0.42, 0.2
Place = tuple[str, int]
"""The full name of a repository, and the number of a pull request."""


class People:
    """Opens, reviews, comments on and merges pull requests: about `count` of them a day, of which 30 % are new."""

    def __init__(self, as_of: datetime, count: int) -> None:
        self.organisation: Organisation = make_organisation(11, as_of, REPOSITORIES, BEFORE, DAYS, OWNER)
        self.names = [self.organisation.full_name(each) for each in self.organisation.repositories]
        self.logins = sorted(each["login"] for each in self.organisation.accounts() if each["__typename"] == "User")
        self._count, self._random = count, Random(5)
        # The newest are changed first, as in a real team.
        self.open: list[Place] = [
            (self.organisation.full_name(each["repository"]), each["number"])
            for each in self.organisation.pull_requests()
            if each["state"] == "OPEN"
        ]

    def work(self, day: datetime) -> int:
        """Do what happens in the 20 hours before `day`; return how many pull requests are new or changed."""
        random, opened = self._random, round(self._count * SHARE_OPENED)
        self.open += [self._open(day - timedelta(minutes=random.randint(600, 1_200))) for _ in range(opened)]
        chosen = random.sample(self.open[-3 * self._count :], min(self._count - opened, len(self.open)))
        merged = {place for place in chosen if self._change(place, day - timedelta(minutes=random.randint(1, 600)))}
        self.open = [place for place in self.open if place not in merged]
        return opened + len(chosen)

    def _open(self, at: datetime) -> Place:
        name, login = self._random.choice(self.names), self._random.choice(self.logins)
        number = max(self.organisation.pull_requests_of(self._repository(name)).by_number, default=0) + 1
        who = records.git_actor(login, f"{login}@example.com", _iso(at), self.organisation.account(login))
        commits = [records.commit(records.fake_oid(name, number, place), "Go on", who, who) for place in range(2)]
        files = [records.changed_file(f"src/part_{self._random.randint(1, 400)}.py", 20, 4) for _ in range(3)]
        self.organisation.add(
            name,
            _iso(at),
            f"Change {number}",
            login,
            body="Because it has to be so. " * 12,
            commits=[records.pull_request_commit(f"PRC_{name}_{number}_{place}", c) for place, c in enumerate(commits)],
            files=files,
            changedFiles=len(files),
            additions=60,
            deletions=12,
        )
        return name, number

    def _change(self, place: Place, at: datetime) -> bool:
        """Review, comment on or merge a pull request; return whether it was merged."""
        login, kind = self._random.choice(self.logins), self._random.random()
        if kind < SHARE_MERGED:
            by = self.organisation.account(login)
            name, number = place
            self.organisation.edit(
                name, number, state="MERGED", mergedAt=_iso(at), closedAt=_iso(at), updatedAt=_iso(at), mergedBy=by
            )
        elif kind < SHARE_MERGED + SHARE_REVIEWED:
            self.organisation.review(*place, login, _iso(at), "APPROVED")
        else:
            self.organisation.comment(*place, login, _iso(at), "What happens if this is empty?")
        return kind < SHARE_MERGED

    def _repository(self, name: str) -> Record:
        found = self.organisation.repository(name)
        if found is None:
            raise KeyError(name)
        return found


def _iso(at: datetime) -> str:
    return records.iso(at.timestamp())
