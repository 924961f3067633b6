"""The one rule of what a pull request says that it reverts."""

import duckdb
import pytest

from warehouse.metrics.outcomes.revert_text import (
    MAY_BE_BODY,
    MAY_BE_TITLE,
    Certainty,
    Named,
    Said,
    Target,
    is_only_revert,
    is_revert,
    read_revert,
)

HASH = "3f786850e387550fdab836ed7e6dc881de23001b"
OTHER = "89e6c98d92887913cadf06b2adb97f26cde4849b"


def read(title: str, body: str = "", head_ref: str = "") -> Said:
    return read_revert(title, body, head_ref) or Said()


@pytest.mark.parametrize(
    ("title", "body", "head_ref", "expected"),
    [
        ("Undo", "Reverts #12", "", (Named(12),)),
        ("Undo", "Reverts  #12", "", (Named(12),)),
        ("Undo", "Reverts\tacme/shop#12", "", (Named(12, "acme/shop"),)),
        ("Undo", "Reverts https://github.com/acme/shop/pull/12", "", (Named(12, "acme/shop"),)),
        ("Undo", "This reverts PR #12, which broke the search.", "", (Named(12),)),
        ("Undo", "It broke.\n\n  reverts #12\r\nREVERTS acme/shop#13", "", (Named(12), Named(13, "acme/shop"))),
        ("Revert PR #14", "Reverts #12", "revert-13-cache", (Named(12), Named(13), Named(14))),
        ("Revert #14: it broke the search", "", "", (Named(14),)),
        ("Revert changes from #14", "", "", (Named(14),)),
        ("Reverting pull request #14", "", "", (Named(14),)),
        ("revert(shop)!: #14", "", "", (Named(14),)),
        ("[1.2] Revert #14", "", "", (Named(14),)),
        ("fix: revert #14", "", "", (Named(14),)),
        ("Revert acme/shop#14", "", "", (Named(14, "acme/shop"),)),
        ("Back out #14", "", "", (Named(14),)),
        ("Rollback #14: it broke the search", "", "", (Named(14),)),
        ("Back to the font of #14", "", "", ()),
        ("Undo", "", "revert-13", (Named(13),)),
        ('Revert "Add cache"', "", "", ()),
        ("Undo", "> Reverts #12", "", ()),
        ("Undo", "<!-- For a revert write:\nReverts #12 -->", "", ()),
        ("Undo", "```\nReverts #12\n```", "", ()),
        ("Undo", "This partially reverts #12", "", ()),
        ("Undo", "Reverts#12 and reverts #12a", "", ()),
        ("Undo", "Reverts are hard, see #12", "my-revert-12-", ()),
        ("Undo", "Reverts #1234567890", "", ()),
        ("Revert to the font of #14", "", "", ()),
    ],
)
def test_a_pull_request_names_what_it_reverts(
    title: str, body: str, head_ref: str, expected: tuple[Named, ...]
) -> None:
    assert read(title, body, head_ref).named == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"This reverts commit {HASH}.", (HASH,)),
        ("This reverts commit 3F78685.", ("3f78685",)),
        (f"It broke the search.\n\nThis reverts commit {HASH}.\nThis reverts commit {OTHER}.", (HASH, OTHER)),
        (f"This reverts commits {HASH} and {OTHER}.", (HASH, OTHER)),
        (f"This reverts commit {HASH}, reversing\r\nchanges made to {OTHER}.", (HASH,)),
        (f"This reverts commit {HASH}, reversing changes made to {OTHER}.", (HASH,)),
        (f"Reverts {HASH}", (HASH,)),
        (f"Reverts acme/shop@{HASH}", (HASH,)),
        (f"Reverts https://github.com/acme/shop/commit/{HASH}", (HASH,)),
        (f"Unlike #40, which says:\nThis reverts commit {HASH}.", ()),
        ("This reverts commit 3f7868.", ()),
        ("This reverts defaced pages", ()),
        (f"See commit {HASH}.", ()),
    ],
)
def test_a_body_names_the_commits_that_are_reverted(body: str, expected: tuple[str, ...]) -> None:
    assert read("Undo", body).hashes == expected


@pytest.mark.parametrize(
    ("title", "titles", "squashed"),
    [
        ('Revert "Add cache"', ("Add cache",), ()),
        ('Revert "Revert "Add""', ('Revert "Add"',), ()),
        ('Reapply "Add cache"', ('Revert "Add cache"',), ()),
        ('Revert "Add cache (#12)"', ("Add cache (#12)", "Add cache"), (12,)),
        ('Revert "Fix the crash (#7) (#12)"', ("Fix the crash (#7) (#12)", "Fix the crash (#7)"), (12,)),
        ('Revert "Add cache" (#12)', ("Add cache (#12)", "Add cache"), (12,)),
        ("revert: feat(shop): add cache", ("feat(shop): add cache",), ()),
        ("revert(shop): add cache (#12)", ("add cache (#12)", "add cache"), (12,)),
        ('revert: "add cache"', ('"add cache"', "add cache"), ()),
        ("revert: drop `cache`", ("drop `cache`",), ()),
        ('fix(shop): revert "Add cache"', ("Add cache",), ()),
        ('[1.2] Revert "Add cache"', ("Add cache",), ()),
        ("Revert “Add cache”", ("Add cache",), ()),
        ('Revert "Add" again', (), ()),
        ('Back out "Add cache" (#12)', ("Add cache (#12)", "Add cache"), (12,)),
        ('Roll back "Add cache"', ("Add cache",), ()),
        ("rollback: add cache (#12)", ("add cache (#12)", "add cache"), (12,)),
        ('⏪️ Revert "Add cache"', ("Add cache",), ()),
        (':rewind: Revert "Add cache"', ("Add cache",), ()),
        ('Reland "Add cache"', ('Revert "Add cache"',), ()),
        ('Feedback "Add cache"', (), ()),
    ],
)
def test_a_title_quotes_what_it_reverts_with_the_number_of_a_squash_merge(
    title: str, titles: tuple[str, ...], squashed: tuple[int, ...]
) -> None:
    assert (read(title).titles, read(title).squashed) == (titles, squashed)


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ('Revert "Add cache"', "", True),
        ('Revert "Add cache" again', "", True),
        ("revert(shop)!: add cache", "", True),
        ("Undo", "This reverts commit 3f786850e387550f.", True),
        ("Undo", "Reverts  #12", True),
        ("Revert to the old font", "", False),
        ("Make it possible to revert orders", "", False),
        ("Undo", "Unlike before:\nThis reverts commit 3f786850e3.", False),
    ],
)
def test_a_revert_is_known_by_its_title_or_body(title: str, body: str, expected: bool) -> None:
    assert is_revert(title, body, "") is expected


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ('Revert "Add cache"', "Reverts acme/shop#12", True),
        ('Revert "Add cache (#12)"', f"This reverts commit {HASH}.", True),
        ('Revert "Merge cache"', f"This reverts commit {HASH}, reversing\nchanges made to {OTHER}.", True),
        ('Revert "Add cache"', "Reverts acme/shop#12\n\nIt lost orders.", False),
        ('Revert "Add cache"', f"Reverts #12, {'which lost orders, ' * 8}", False),
        ('Revert "Add cache"', "", False),
        ("Take the cache back", "Reverts #12", False),
    ],
)
def test_what_a_tool_wrote_with_nothing_added_needs_no_reader(title: str, body: str, expected: bool) -> None:
    assert is_only_revert(title, body, "") is expected


SHOP = Target("acme/shop", 12, frozenset({"Add cache", "Cache"}), frozenset({HASH}))


@pytest.mark.parametrize(
    ("title", "body", "full_name", "expected"),
    [
        ("Undo", "Reverts #12", "acme/shop", Certainty.NAMED),
        ("Undo", "Reverts ACME/Shop#12", "acme/web", Certainty.NAMED),
        ("Undo", "Reverts #12", "acme/web", None),
        ("Undo", "Reverts acme/web#12", "acme/shop", None),
        ("Undo", f"This reverts commit {HASH[:9]}.", "acme/shop", Certainty.NAMED),
        ("Undo", f"This reverts commit {OTHER}.", "acme/shop", None),
        ('Revert "Add cache"', f"This reverts commit {OTHER}.", "acme/shop", Certainty.TITLE),
        ('Revert "Cache"', "", "acme/shop", Certainty.TITLE),
        ('Revert "Add cache"', "", "acme/web", None),
        ('Revert "Add cache"', "Reverts #13", "acme/shop", None),
        ('Revert "Add cache"', "Reverts acme/web#12", "acme/shop", Certainty.TITLE),
        ('Revert "Add cache (#12)"', "", "acme/shop", Certainty.NAMED),
        ('Revert "Renamed since (#12)"', "", "acme/shop", Certainty.TITLE),
    ],
)
def test_a_revert_is_of_another_pull_request_more_or_less_certainly(
    title: str, body: str, full_name: str, expected: Certainty | None
) -> None:
    assert read(title, body).certainty(full_name, SHOP) is expected


@pytest.mark.parametrize(
    ("title", "body", "head_ref"),
    [
        ("Undo", "REVERTS #12", ""),
        ("Undo", f"This reverts commit {HASH}.", ""),
        ("Undo", "", "revert-12-x"),
        ("REVERT #12", "", ""),
        ('Reapply "Add"', "", ""),
        ('Reland "Add"', "", ""),
        ('Backed out "Add"', "", ""),
    ],
)
def test_whatever_is_a_revert_is_read_from_the_warehouse(title: str, body: str, head_ref: str) -> None:
    """The words that narrow down what is read are in every revert, for Polars and for DuckDB."""
    assert is_revert(title, body, head_ref)
    in_body = duckdb.execute("SELECT contains(lower(?), ?)", [body, MAY_BE_BODY]).fetchall() == [(True,)]
    assert in_body or any(word in text.lower() for word in MAY_BE_TITLE for text in (title, head_ref))


def test_beginnings_of_comments_without_an_end_are_text() -> None:
    """Each looked for its end in all that follows: hours for a body of this size."""
    assert read("", "Reverts #12\n" + "<!--" * 250_000).named == (Named(12),)
    assert read("", "Reverts" + " " * 500_000 + "#12\nReverts" + " " * 500_000).named == (Named(12),)
    assert read("", "<!-- Reverts #11 -->\nReverts #12\n<!-- and more").named == (Named(12),)


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("", "Reverts #12, acme/api#13 and #14.", Said(named=(Named(12), Named(13, "acme/api"), Named(14)))),
        ("", "This reverts the changes in #12", Said(named=(Named(12),))),
        ("Revert GH-12", "", Said(named=(Named(12),))),
        ("Revert 3f78685: it broke", "", Said(hashes=("3f78685",))),
        (f"Revert commit {HASH}", "", Said(hashes=(HASH,))),
        ("Revert defaced pages", "", Said()),
        ('Reverts "X"', "", Said(titles=("X",))),
        ("[Revert] X", "", Said(titles=("X",))),
        ('Re-apply "X"', "", Said(titles=('Revert "X"',))),
        ('Revert "X (#12)" (#14)', "", Said(titles=("X (#12) (#14)", "X (#12)", "X"), squashed=(14, 12))),
    ],
)
def test_people_name_what_they_revert_in_more_forms(title: str, body: str, expected: Said) -> None:
    assert read(title, body) == expected
