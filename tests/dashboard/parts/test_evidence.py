"""What the drawer says about AI evidence, by level and tools."""

import pytest
from streamlit.testing.v1 import AppTest


def draw(level: str, tool: str | None, tools: list[str] | None) -> None:
    from types import SimpleNamespace

    from dashboard.parts import drawer

    drawer._draw_evidence(
        SimpleNamespace(  # type: ignore[arg-type]
            ai_level=level,
            ai_tool=tool,
            ai_tools=tools,
            ai_evidence="Made with Cursor",
            ai_evidence_kind="body",
            ai_evidence_place="body, line 3",
        )
    )


@pytest.mark.parametrize(
    ("level", "tool", "tools", "words"),
    [
        ("assisted", "Claude Code", ["Claude Code", "Cursor"], "At least AI-assisted (Claude Code, Cursor)."),
        ("authored", "Devin", None, "Written by AI (Devin)."),
        ("contains", "OpenAI Codex", ["OpenAI Codex"], "Contains commits of an AI tool (OpenAI Codex)."),
        ("denied", None, [], "The author says that no AI was used."),
    ],
)
def test_the_level_and_all_tools_are_said(level: str, tool: str | None, tools: list[str] | None, words: str) -> None:
    app = AppTest.from_function(draw, args=(level, tool, tools)).run()
    assert not app.exception
    assert app.markdown[0].value.startswith(words)
