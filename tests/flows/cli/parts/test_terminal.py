"""What other people wrote never commands the terminal that shows it."""

from io import StringIO

import polars as pl
import pytest

from dashboard.reading.format import plain
from flows.cli.analyse import print_result
from flows.cli.bots import draw_bots
from flows.cli.checks.results import draw_checks
from flows.cli.parts.follow import RunFailed, print_failure
from flows.cli.parts.terminal import Terminal
from tasks.checks import Check

HOSTILE = "see [/docs] [link=http://evil.example]x[/link] \x1b[31mred\u202e"
SHOWN = "see [/docs] [link=http://evil.example]x[/link] [31mred"


def console() -> tuple[Terminal, StringIO]:
    output = StringIO()
    return Terminal(file=output, soft_wrap=True, width=80), output


def test_the_words_of_a_failure_are_shown_as_they_are() -> None:
    opened, output = console()
    print_failure(opened, RunFailed(HOSTILE, HOSTILE))
    assert output.getvalue() == f"{SHOWN}\n{SHOWN} You can retry it on the dashboard.\n"


def test_doctor_shows_what_it_found_as_it_is() -> None:
    opened, output = console()
    draw_checks(opened, [Check("github", "fault", HOSTILE, HOSTILE)])
    assert output.getvalue() == f"✗ github         {SHOWN} {SHOWN}\n"


def test_why_reading_ended_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    row = {f"llm_{name}": 0 for name in ("total", "by_rule", "by_model", "failed", "requests", "tokens", "cost_usd")}
    with pytest.raises(Exception, match="1"):
        print_result(row | {"llm_left": 1, "llm_stopped": HOSTILE}, None, console()[0], as_json=False)
    assert capsys.readouterr().err == f"{SHOWN}\n"


def test_a_login_is_whole_however_narrow_the_terminal() -> None:
    output = StringIO()
    account = {"login": "x" * 39, "is_bot": True, "is_agent": False, "bot_reason": "type", "quick_answers_share": None,
               "decided_at": None, "opened": 1, "reviews": 1}  # fmt: skip
    draw_bots(Terminal(file=output, width=60), pl.DataFrame([account]), is_decided=False)
    assert output.getvalue().count("x") == 39
    assert "…" not in output.getvalue()


@pytest.mark.parametrize("mark", ["\u061c", "\u00ad", "\u2028", "\u2066", "\ufeff", "\U000e0041", "\x9b", "\r"])
def test_what_is_not_seen_or_turns_the_reading_is_taken_out_everywhere(mark: str) -> None:
    opened, output = console()
    opened.print(f"a{mark}b")
    assert (output.getvalue(), plain(f"a{mark}b")) == ("ab\n", "ab")
