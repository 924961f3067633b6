"""A provider that responded before and is away for a while is waited for: a restart of its server fails no run."""

from dataclasses import dataclass, field

from tasks.llm.errors import AnswerUnusable

# What a server, or a proxy in front of it, responds while it is away. Any other fault may be the pull request's own.
AWAY = frozenset({"unreachable", "http_502", "http_503", "http_504"})
# The waits between tries of one request during an outage; the last one repeats, five minutes in all.
WAITS = (1.0, 4.0, 10.0, 20.0, *(30.0,) * 9)


@dataclass
class Outages:
    """What all requests of one client know: which were answered, and whether waiting has been in vain since."""

    sent: int = 0
    answered: int = 0
    last_answered: int = 0
    _given_up_at: int | None = None

    def note_request(self) -> int:
        """Return the number of a request that is about to be sent."""
        self.sent += 1
        return self.sent

    def note_answer(self, number: int) -> None:
        """Note that the provider answered the request of that number."""
        self.answered += 1
        self.last_answered = max(self.last_answered, number)

    def give_up(self) -> None:
        """Note that the provider stayed away for as long as anybody waits: until it answers, nobody waits again."""
        self._given_up_at = self.answered

    @property
    def are_waited_for(self) -> bool:
        """Whether a request waits: not before the first answer, since the address may be wrong."""
        return 0 < self.answered != self._given_up_at


@dataclass
class OutageWaits:
    """The waits of one question. A fault is the question's own, and not an outage, if others were answered meanwhile.

    Meanwhile: they were sent after its last fault. What was in flight as the provider went away says nothing.
    """

    outages: Outages
    _waits: int = 0
    _since: int = field(init=False)

    def __post_init__(self) -> None:
        self._since = self.outages.sent

    def next_wait(self, error: AnswerUnusable) -> float | None:
        """Return the seconds to wait for the provider; None if the fault counts as a try of the question."""
        since, self._since = self._since, self.outages.sent
        if error.code not in AWAY or not self.outages.are_waited_for:
            return None
        if self.outages.last_answered > since:
            self._waits = 0
            return None
        if self._waits == len(WAITS):
            self.outages.give_up()
            return None
        self._waits += 1
        return WAITS[self._waits - 1]
