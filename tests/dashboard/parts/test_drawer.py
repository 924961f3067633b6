"""The drawer says why a pull request does not count, and who had it merged."""

from typing import Any

from streamlit.testing.v1 import AppTest


def drawn(**fields: Any) -> str:
    """Return what the drawer says about how a pull request counts."""

    def page(fields: dict[str, object]) -> None:
        from datetime import UTC, datetime
        from types import SimpleNamespace

        from dashboard.parts.drawer import _draw_counting

        given = dict.fromkeys(("excluded_by", "landed_by", "merged_by_login", "merged_through", "head_ref", "base_ref"))
        times = {"merged_at": datetime(2026, 8, 20, tzinfo=UTC), "excluded_since": datetime(2026, 8, 21, tzinfo=UTC)}
        _draw_counting(SimpleNamespace(**given | times | fields))  # type: ignore[arg-type]

    app = AppTest.from_function(page, kwargs={"fields": fields}, default_timeout=60).run()
    assert not app.exception
    return " ".join(one.value for one in (*app.info, *app.caption)).replace("\\", "")


def test_a_rule_of_the_team_is_named_with_its_date_and_shown_as_text() -> None:
    said = drawn(excluded_by="label no *metrics*")
    assert "Left out of the numbers: the team leaves out pull requests with the label no *metrics*" in said
    assert "(rule of 2026-08-21)" in said


def test_a_release_is_said_with_its_branches() -> None:
    said = drawn(excluded_by="release", head_ref="develop", base_ref="main")
    assert "Left out of the numbers: it takes develop to main, with commits of other pull requests." in said


def test_what_a_bot_landed_and_who_asked_a_queue_are_said() -> None:
    assert "counts as merged when it was closed: a commit on the branch closed it" in drawn(landed_by="commit")
    assert "Merged by mina, through the merge queue." in drawn(merged_by_login="mina", merged_through="merge_queue")
    assert drawn(merged_by_login="mina") == "Merged by mina."
