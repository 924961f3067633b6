"""Whose turn it was: the open life of a pull request in segments, from the timeline.

A segment is the turn of its author, of review (by whom, if somebody was asked or reviewed before), of the merge once it
is approved, or nobody's while it is a draft. The segments of a pull request sum to the time that it was open.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

import polars as pl

from warehouse.metrics.accounts.people import compute_accounts, compute_responses
from warehouse.metrics.durations import hours
from warehouse.metrics.facts import KEY, TIMESTAMP, Facts
from warehouse.metrics.life.ready import find_states
from warehouse.metrics.life.responses import compute_human_reviews
from warehouse.metrics.plausible import judge_commits


class Turn(StrEnum):
    """Whose turn it is, and `draft`."""

    AUTHOR = "author"
    REVIEW = "review"
    MERGE = "merge"
    DRAFT = "draft"


# What an event says; NULL leaves it as it was.
_TURNS = pl.Enum([turn.value for turn in Turn])
_SIGNS = {"_side": _TURNS, "_is_approved": pl.Boolean(), "_is_ready": pl.Boolean(), "_is_open": pl.Boolean()}
_SIGNS["_reviewer"] = pl.String()
NOBODY = ""


def compute_turns(facts: Facts, as_of: datetime) -> pl.DataFrame:
    """Return one row per segment: `pull_request_id`, `place` from 1, `turn`, `login`, `started_at`, `ended_at` and its
    `hours`.

    `facts` are those of `apply_landings`. `login` is the author, or who was asked for the review or reviewed last; NULL
    if nobody in particular. The last segment of an open pull request ends at `as_of`. While it is closed there is none.

    A review, or a comment by another person, gives the turn to the author; a push, a comment or a request for review by
    whoever gives it back. An approval gives it to the merge, until changes are requested or the approval is dismissed.
    """
    lives = facts.pull_requests.select(
        pl.col("id").alias(KEY),
        "author_login",
        "is_draft",
        opened_at="created_at",
        _end=pl.coalesce(pl.col("merged_at"), pl.col("closed_at"), pl.lit(as_of, TIMESTAMP)),
    ).with_row_index("_pr")
    bounds = lives.select(KEY, "_pr", "opened_at", "_end")
    signs = [_place(each, bounds) for each in _list_signs(facts, lives)]
    # The opening says everything, so what is filled forward never comes from another pull request.
    known = pl.concat(signs).sort("_pr", "at", "_order", maintain_order=True)
    known = known.with_columns(pl.col(name).forward_fill() for name in _SIGNS)
    ends = lives.select("_pr", "_end", "author_login", KEY)
    is_last = pl.col("_pr") != pl.col("_pr").shift(-1)
    pieces = known.join(ends, on="_pr", maintain_order="left").select(
        "_pr",
        KEY,
        "at",
        "_is_open",
        _until=pl.when(~is_last).then(pl.col("at").shift(-1)).otherwise("_end"),
        turn=_turn(),
        login=_login(),
    )
    return _join_pieces(pieces.filter("_is_open", pl.col("_until") > pl.col("at")))


def _place(signs: pl.DataFrame, bounds: pl.DataFrame) -> pl.DataFrame:
    """Keep what came in the life of its pull request, by the number of it."""
    inside = signs.join(bounds, on=KEY, maintain_order="left").filter(
        pl.col("at") >= pl.col("opened_at"), pl.col("at") < pl.col("_end")
    )
    return inside.drop(KEY, "opened_at", "_end")


def sum_turns(turns: pl.DataFrame) -> pl.DataFrame:
    """Sum the hours of each turn by pull request; NULL for a turn that it never had."""
    of = {turn: pl.col("hours").filter(pl.col("turn") == turn.value) for turn in Turn}
    names = {Turn.AUTHOR: "waiting_on_author_hours", Turn.REVIEW: "waiting_on_review_hours"}
    names |= {Turn.MERGE: "waiting_on_merge_hours", Turn.DRAFT: "draft_hours"}
    return turns.group_by(KEY).agg(
        pl.when((pl.col("turn") == turn.value).any()).then(of[turn].sum()).alias(name) for turn, name in names.items()
    )


def _lit(turn: Turn) -> pl.Expr:
    return pl.lit(turn.value, _TURNS)


def _turn() -> pl.Expr:
    return (
        pl.when(~pl.col("_is_ready"))
        .then(_lit(Turn.DRAFT))
        .when("_is_approved")
        .then(_lit(Turn.MERGE))
        .otherwise("_side")
    )


def _login() -> pl.Expr:
    is_apart = ~pl.col("_is_ready") | pl.col("_is_approved")
    reviewer = pl.when(pl.col("_reviewer") != NOBODY).then("_reviewer")
    return (
        pl.when(~is_apart & (pl.col("_side") == Turn.AUTHOR.value)).then("author_login").when(~is_apart).then(reviewer)
    )


def _join_pieces(pieces: pl.DataFrame) -> pl.DataFrame:
    """Join neighbours that are the same turn of the same person, if nothing lies between them."""
    is_same = pl.all_horizontal(
        *(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in ("_pr", "turn", "login")),
        pl.col("at").eq_missing(pl.col("_until").shift(1)),
    )
    marked = pieces.with_columns(_is_same=is_same.fill_null(value=False))
    first = marked.filter(~pl.col("_is_same")).select("_pr", KEY, "turn", "login", started_at="at")
    # The last piece of a segment stands above the first of the next one.
    is_last = ~pl.col("_is_same").shift(-1).fill_null(value=False)
    segments = first.with_columns(marked.filter(is_last).select(ended_at="_until")).with_row_index("_segment")
    return segments.select(
        KEY,
        "turn",
        "login",
        "started_at",
        "ended_at",
        place=pl.col("_segment") - _first_of_its_own() + 1,
        hours=hours(pl.col("ended_at") - pl.col("started_at")),
    )


def _first_of_its_own() -> pl.Expr:
    """Return the number of the first segment of the same pull request."""
    is_first = (pl.col("_pr") != pl.col("_pr").shift()).fill_null(value=True)
    return pl.when(is_first).then("_segment").forward_fill()


def _list_signs(facts: Facts, lives: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield what changes a turn: `at` which time, in which `_order` if several are at once, and the signs."""
    authors = facts.pull_requests.select(pl.col("id").alias(KEY), opener="author_id")
    reviews = compute_human_reviews(facts)
    events = facts.timeline_events
    changes = events.filter(pl.col("kind").is_in(["Closed", "Reopened", "ReviewDismissed"]))
    kind, state = pl.col("kind"), pl.col("state")
    opened = lives.select(KEY, at="opened_at")
    humans = compute_accounts(facts).filter(~pl.col("is_bot")).select("account_id")
    comments = compute_responses(facts).join(authors, on=KEY)
    own = comments.filter(pl.col("account_id") == pl.col("opener"))
    by_others = comments.filter(pl.col("account_id") != pl.col("opener")).join(humans, on="account_id", how="semi")
    states = find_states(lives, events)
    to_review, to_author = _lit(Turn.REVIEW), _lit(Turn.AUTHOR)
    yes, no = pl.lit(value=True), pl.lit(value=False)
    yield _signs(opened, 0, _side=to_review, _is_approved=no, _is_ready=yes, _is_open=yes, _reviewer=pl.lit(NOBODY))
    yield _signs(states, 1, _is_ready=pl.col("is_ready"), _side=pl.when("is_ready").then(to_review))
    yield _signs(_pushes(facts), 2, _side=to_review)
    yield _signs(own, 3, _side=to_review)
    yield _signs(by_others, 4, _side=to_author)
    yield _signs(
        reviews,
        5,
        _side=to_author,
        _reviewer=pl.col("login"),
        _is_approved=pl.when(state == "APPROVED").then(yes).when(state == "CHANGES_REQUESTED").then(no),
    )
    yield _signs(_requests(events), 6, _side=to_review, _reviewer=pl.col("subject"))
    yield _signs(
        changes.rename({"created_at": "at"}),
        7,
        _is_open=pl.when(kind == "Closed").then(no).when(kind == "Reopened").then(yes),
        _is_approved=pl.when((kind == "ReviewDismissed") & (pl.col("previous_value") == "APPROVED")).then(no),
        _side=pl.when(kind == "ReviewDismissed").then(to_review),
    )


def _signs(rows: pl.DataFrame, order: int, **signs: pl.Expr) -> pl.DataFrame:
    missing = {name: pl.lit(None, kind) for name, kind in _SIGNS.items() if name not in signs}
    made = {name: (signs | missing)[name].cast(kind) for name, kind in _SIGNS.items()}
    return rows.select(KEY, "at", pl.lit(order, pl.Int8()).alias("_order"), **made)


def _pushes(facts: Facts) -> pl.DataFrame:
    commits = judge_commits(facts).select(KEY, at="committed_at")
    forced = facts.timeline_events.filter(pl.col("kind") == "HeadRefForcePushed").select(KEY, at="created_at")
    return pl.concat([commits, forced]).drop_nulls()


def _requests(events: pl.DataFrame) -> pl.DataFrame:
    """Return the requests for review; of several at once the last by id."""
    asked = events.filter(pl.col("kind") == "ReviewRequested").sort("created_at", "id")
    return asked.select(KEY, "subject", at="created_at").unique([KEY, "at"], keep="last", maintain_order=True)
