"""Whether a sentence holds: everything that it says has to be in one of the facts that it cites.

It is read as a small language. Figures, weeks, repositories and directions are taken out of it one by one, each tied to
what the fact says in that place; of what is left every word has to be on a short list. So a name, a cause, a rank, a
number in words or a link cannot stand in it: nothing has to be known about them.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from warehouse.week.fact import Fact
from warehouse.week.figures import Figure, figure

MAX_LENGTH = 320
_ALLOWED = re.compile(r"[A-Za-z0-9 .,;:()%+\u2212=/#_'-]+\Z")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Words that say nothing by themselves.
NEUTRAL = _words(
    "a an the of in to at and is was were are it its their this team whole team's request requests value figure"
    " stands stood now which took takes had has by there going went go"
)
UP = _words("rose rises risen increased grew grown climbed up higher longer larger more slower bigger")
DOWN = _words(
    "fell falls fallen decreased dropped declined shrank down lower shorter smaller fewer less faster quicker"
)
_MOVES = "|".join((*UP, *DOWN))
OF_TIME = frozenset({"longer", "slower", "shorter", "faster", "quicker"})
_UNCLEAR = (
    r"(?:with |and |showed |shows |there (?:is|was) )?no (?:clear change|change (?:that is )?(?:more than|beyond) "
    r"(?:noise|chance))|did not clearly change|has not clearly changed|not clearly (?:up|down|changed|different)"
)
_BEGINS = (
    r"the|in the|in ⟨r⟩|⟨r⟩|\d|(?:of|at|for|among|from) (?:the )?\d|across|during|share|median|typical"
    r"|(?:there was )?no clear change"
)
_PIECES = re.compile(r"; (?:and )?|, while |, whereas | while | whereas |, and ")
_DAY = r"(?P<day>\d{1,2}) (?P<month>[a-z]+)(?: (?P<year>\d{4}))?"
_MONTHS = {date(2000, month, 1).strftime(form).lower(): month for month in range(1, 13) for form in ("%B", "%b")}
_BEFORE, _WHEN, _WHERE, _SUBJECT, _DIRECTION, _SAID = "⟨b⟩", "⟨w⟩", "⟨r⟩", "⟨s⟩", "⟨d⟩", "⟨f⟩"
_MARKS = re.compile(r"⟨\w⟩")


class DoesNotHold(Exception):
    """The sentence, or the piece of it, says something that the fact does not. The message says what."""


def find_fault(sentence: str, cited: Sequence[Fact]) -> str:
    """Return why the sentence does not hold by the facts that it cites; empty if it does.

    A sentence about several facts is read in pieces, each by one of them; every fact that it cites has to be said.
    """
    text = sentence.strip()
    if not cited:
        return "it cites no fact"
    if len(text) > MAX_LENGTH or not _ALLOWED.match(text) or not text.endswith(".") or ". " in text:
        return "it is not one plain sentence"
    if len(cited) == 1:
        return _fault(text, cited[0])
    pieces = [piece for piece in _PIECES.split(text.rstrip(".")) if piece.strip()]
    if len(pieces) != len(cited):
        return "it does not say each fact in a part of its own"
    faults = (_fault(piece, fact) for piece, fact in zip(pieces, cited, strict=True))
    return next((fault for fault in faults if fault), "")


def _fault(text: str, fact: Fact) -> str:
    try:
        _Piece(fact, text).read()
    except DoesNotHold as fault:
        return str(fault)
    return ""


@dataclass
class _Piece:
    """A piece of a sentence, read by one fact: what is understood of it becomes a mark in `text`."""

    fact: Fact
    text: str
    directions: set[str] = field(default_factory=set)
    has_n: bool = False
    needs_direction: bool = False

    def read(self) -> None:
        """Read it from what is most particular to what is least. Raise DoesNotHold."""
        self._read_places()
        self.text = " ".join(self.text.lower().split())
        self._read_actors()
        self._read_weeks()
        self._read_counts()
        self._read_interval()
        self._read_subject()
        self._read_unclear()
        self._read_pairs()
        self._read_changes()
        self._read_before()
        self._read_now()
        self._read_directions()
        self._refuse_rest()

    @property
    def _is_measured(self) -> bool:
        """Return whether its figures have a unit; a count may be said without one."""
        return self.fact.unit != "count"

    def _take(self, pattern: str, take: Callable[[re.Match[str]], str]) -> None:
        self.text = " ".join(re.sub(pattern, lambda match: f" {take(match)} ", self.text).split())

    # --- places and times ------------------------------------------------------------------------------

    def _read_places(self) -> None:
        """Take the reference or the repository, which has to be named if the fact is about one."""
        place = self.fact.reference or self.fact.repository
        if not place:
            return
        pattern = rf"(?<![\w./#-]){re.escape(place)}(?![\w/#-])(?!\.\w)"
        if not re.search(pattern, self.text, re.IGNORECASE):
            raise DoesNotHold("it does not name what the fact is about")
        self.text = re.sub(rf"(?:\bfor )?{pattern}", f" {_WHERE} ", self.text, flags=re.IGNORECASE)

    def _read_weeks(self) -> None:
        fact = self.fact
        self._take(rf"(?:in|during|for|of) the week of {_DAY}", lambda day: self._week(day, fact.week_start, 1))
        to = rf"(?:in|during|over|for) the (?P<weeks>\d+) weeks (?:to|up to|ending on|that ended on) {_DAY}"
        self._take(to, lambda day: self._week(day, fact.last_day, int(day["weeks"])))
        before = (
            r"(?:in|of|for|from|than in|than)? ?the (?P<weeks>\d+ )?(?P<kind>weeks?) (?:before(?: that| it| them)?)"
        )
        self._take(before, self._weeks_before)
        if fact.weeks == 0:
            self._take(r"in recent weeks|in the recent weeks", lambda _: _WHEN)

    def _week(self, match: re.Match[str], day: date, weeks: int) -> str:
        is_month = _MONTHS.get(match["month"]) == day.month
        if weeks != self.fact.weeks or not is_month or int(match["day"]) != day.day:
            raise DoesNotHold("it names other weeks")
        if match["year"] and int(match["year"]) != day.year:
            raise DoesNotHold("it names another year")
        return _WHEN

    def _weeks_before(self, match: re.Match[str]) -> str:
        weeks = int(match["weeks"] or (1 if match["kind"] == "week" else self.fact.weeks))
        if weeks != self.fact.weeks or (match["kind"] == "week") != (self.fact.weeks == 1):
            raise DoesNotHold("it names other weeks before")
        return _BEFORE

    # --- how many ----------------------------------------------------------------------------------------

    def _read_counts(self) -> None:
        """Take n, and n of the weeks before; a fact that is itself a count needs none."""
        number = r"(\d[\d,]*)"
        other = rf"(?: (?:and|against|vs|versus|after) (?:n = )?{number})?"
        self._take(rf"\bn ?= ?{number}{other}(?: ⟨b⟩)?", self._count)
        if self.fact.unit != "count":
            verb = self.fact.named.verb
            self._take(
                rf"\b(?:of|from|across|among|based on|for) (?:the )?{number}{other} (?:{verb} )?(?:pull requests?|prs?)"
                rf"(?: {verb}| that were {verb})?(?: ⟨b⟩)?",
                self._count,
            )
        elif self.fact.n != self.fact.now:
            raise DoesNotHold("a count is not its n")
        if self.fact.unit != "count" and not self.has_n:
            raise DoesNotHold("it does not say of how many")

    def _count(self, match: re.Match[str]) -> str:
        said = [int(each.replace(",", "")) for each in match.groups() if each]
        is_right = said[0] == self.fact.n and said[1:] in ([], [self.fact.n_before])
        if not is_right or (len(said) == 1 and _BEFORE in match.group()):
            raise DoesNotHold("n is another")
        self.has_n = True
        return _SAID

    def _read_interval(self) -> None:
        level = r"95 ?(?:%|per cent|percent)(?: confidence)?(?: interval)?(?: of| is|:)?(?: from)?"
        self._take(rf"\(?{level} {figure('low')} (?:to|and) {figure('high', needs_unit=True)}", self._interval)

    def _interval(self, match: re.Match[str]) -> str:
        low, high = Figure.read(match, "low"), Figure.read(match, "high")
        low = low if low.kind else Figure(low.number, low.decimals, high.kind, low.sign)
        fact = self.fact
        if not (low.says_bound(fact.low, fact.unit) and high.says_bound(fact.high, fact.unit)):
            raise DoesNotHold("the interval is another")
        return _SAID

    # --- what, and by how much ---------------------------------------------------------------------------

    def _read_actors(self) -> None:
        """Refuse that anyone but the team does something: a first word may be a name."""
        aliases = "|".join(re.escape(each) for each in self.fact.named.aliases)
        if not re.match(rf"(?:{_BEGINS}|{aliases})(?!\w*')", self.text):
            raise DoesNotHold("it does not begin with what is measured")
        for match in re.finditer(r"(\S+) (?:has |have |had )?(?:merged|opened|reviewed|reverted) \d", self.text):
            if match.group(1) != "team":
                raise DoesNotHold("it says who did it")

    def _read_subject(self) -> None:
        aliases = sorted(self.fact.named.aliases, key=len, reverse=True)
        if not any(re.search(rf"\b{re.escape(each)}\b", self.text) for each in aliases):
            raise DoesNotHold("it does not name what is measured")
        for alias in aliases:
            self._take(rf"(?<!\w){re.escape(alias)}(?!\w)", lambda _: _SUBJECT)
        if self.fact.statistic == "median":
            self._take(r"\b(?:the )?(?:median|typical|typically)\b", lambda _: _SAID)
        if self.fact.statistic == "share":
            self._take(r"\b(?:the )?share(?: of(?: the)?(?: pull requests| prs)?)?\b", lambda _: _SAID)
            self._refuse_turned_share()
        if self.fact.reference:
            self._take(r"\bpull request\b", lambda _: _SAID)

    def _refuse_turned_share(self) -> None:
        """Refuse a share turned round: so many of the merged were reviewed, not so many of the reviewed merged."""
        happened = (
            rf"(?:⟨f⟩ |(?:that |which )?(?:was|were|is|are|got|had been|has been|have been) )*{self.fact.named.verb}\b"
        )
        if re.search(rf"⟨s⟩ {happened}|\bof (?:the |all )*⟨s⟩", self.text):
            raise DoesNotHold("it is a share of other pull requests")

    def _read_unclear(self) -> None:
        def take(_: re.Match[str]) -> str:
            self.directions.add("unclear")
            return _SAID

        self._take(_UNCLEAR, take)

    def _read_pairs(self) -> None:
        new = figure("new", needs_unit=self._is_measured)
        self._take(rf"\bfrom {figure('old')}(?: ⟨b⟩)? to {new}", self._pair)
        self._take(
            rf"{new}(?: ⟨w⟩)?,? (?:up|down) from {figure('old')}(?: ⟨b⟩| before\b| (?P<when>⟨w⟩))?", self._up_from
        )

    def _pair(self, match: re.Match[str]) -> str:
        new, old = Figure.read(match, "new"), Figure.read(match, "old")
        old = old if old.kind else Figure(old.number, old.decimals, new.kind, old.sign)
        fact = self.fact
        if not (new.says(fact.now, fact.unit) and old.says(fact.before, fact.unit)):
            raise DoesNotHold("a figure is another")
        return _SAID

    def _up_from(self, match: re.Match[str]) -> str:
        self.directions.add("up" if re.search(r"\bup from\b", match.group()) else "down")
        if match["when"]:
            raise DoesNotHold("the figure before is not of these weeks")
        return self._pair(match)

    def _read_changes(self) -> None:
        by, words = figure("by", needs_unit=True), _MOVES
        self._take(rf"\b(?P<word>{words}) (?:by )?{by}", self._change)
        self._take(rf"{by} (?P<word>{words})\b", self._change)
        self._take(rf"\bby (?P<word>){by}", self._change)
        self._take(rf"(?=[+−-]\d)(?P<word>){by}", self._change)

    def _change(self, match: re.Match[str]) -> str:
        said, word = Figure.read(match, "by"), match["word"]
        if not said.says_change(self.fact.change, self.fact.unit):
            raise DoesNotHold("the change is another")
        if word:
            self.directions.add("up" if word in UP else "down")
        self.needs_direction = True
        return _SAID

    def _read_before(self) -> None:
        old = figure("old", needs_unit=self._is_measured)
        lead = r"(?:against|compared (?:with|to)|versus|vs\.?|up from|down from|instead of|(?:⟨f⟩ )?from)"
        self._take(rf"(?:(?P<lead>{lead}) )?{old},? (?:⟨b⟩|before\b)(?P<when>)", self._old)
        self._take(rf"(?P<lead>{lead}) {old}(?P<when> ⟨w⟩)?", self._old)
        self._take(rf"(?P<lead>)⟨b⟩,? (?:it (?:was|had been|stood at) |was |had been )?{old}(?P<when>)", self._old)
        self._take(rf"\b(?P<word>{_MOVES})(?: than)? ⟨b⟩", lambda match: match["word"])
        if _BEFORE in self.text:
            raise DoesNotHold("it says nothing of the weeks before")

    def _old(self, match: re.Match[str]) -> str:
        if not match["lead"]:
            self._refuse_change(match)
        if not Figure.read(match, "old").says(self.fact.before, self.fact.unit):
            raise DoesNotHold("the figure before is another")
        if match["when"]:
            raise DoesNotHold("the figure before is not of these weeks")
        lead = (match["lead"] or "").partition(" ")[0]
        self.directions |= {lead} & {"up", "down"}
        return _SAID

    def _read_now(self) -> None:
        self._take(r"\bwent (?P<word>up|down) to\b", lambda match: f"{match['word']} {_SAID}")
        if re.search(r"\b(?:up|down) to\b", self.text):
            raise DoesNotHold("it says a bound")
        self._take(figure("new", needs_unit=self._is_measured), self._new)

    def _refuse_change(self, match: re.Match[str]) -> None:
        """Refuse a bare figure that would be read as a change: `up 30`, `more by 30`, `30 more`."""
        words = _MOVES
        before, after = match.string[: match.start()], match.string[match.end() :]
        if re.search(rf"\b(?:{words}|by) $", before) or re.match(rf" (?:{words})\b(?! from)", after):
            raise DoesNotHold("the change is another")

    def _new(self, match: re.Match[str]) -> str:
        self._refuse_change(match)
        if not Figure.read(match, "new").says(self.fact.now, self.fact.unit):
            raise DoesNotHold("a figure is another")
        return _SAID

    def _read_directions(self) -> None:
        if re.search(rf"\b(?:{_MOVES}) (?:more|less|faster|slower|quicker)\b", self.text):
            raise DoesNotHold("it says how a change compares with another")
        for name, words in (("up", UP), ("down", DOWN)):
            for word in words:
                if re.search(rf"\b{word}\b", self.text) and (self.fact.unit == "hours" or word not in OF_TIME):
                    self.directions.add(name)
                    self._take(rf"\b{word}\b", lambda _: _DIRECTION)
        if self.needs_direction and not self.directions:
            raise DoesNotHold("a change without a direction")
        if self.directions - {self.fact.direction}:
            raise DoesNotHold("it goes another way")

    def _refuse_rest(self) -> None:
        """Refuse any word that is not on the list. Which one is not said: it may be a name, or worse."""
        allowed = {*NEUTRAL, self.fact.named.verb, "pull", "prs"}
        if not allowed.issuperset(re.findall(r"[^\s.,;:()]+", _MARKS.sub(" ", self.text))):
            raise DoesNotHold("it says more than the fact")
