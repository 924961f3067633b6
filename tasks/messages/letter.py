"""A message to people, whatever the channel: text in parts, never marked up.

Titles, names and errors in it are hostile text. Every part is one line without invisible characters, and each channel
escapes it for itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from warehouse.guard.untrusted import break_marks, one_line

MAX_LINE = 300
MAX_SUBJECT = 150


@dataclass(frozen=True)
class Item:
    """A line of a list: `text`, linked to `url` if there is one, then `note`."""

    text: str
    note: str = ""
    url: str = ""

    def clean(self) -> "Item":
        return Item(one_line(self.text, MAX_LINE), one_line(self.note, MAX_LINE), self.url)


@dataclass(frozen=True)
class Section:
    """A list under a title."""

    title: str
    items: tuple[Item, ...]

    def clean(self) -> "Section":
        return Section(one_line(self.title, MAX_LINE), tuple(item.clean() for item in self.items))


@dataclass(frozen=True)
class Letter:
    """A message. `link` is what people open to see more: label and address, None without a dashboard's address."""

    subject: str
    paragraphs: tuple[str, ...]
    sections: tuple[Section, ...] = field(default=())
    link: tuple[str, str] | None = None
    footer: str = ""

    def clean(self) -> "Letter":
        """Return the letter with every part as one line without invisible characters, cut to a length."""
        return Letter(
            one_line(self.subject, MAX_SUBJECT),
            tuple(one_line(text, 2 * MAX_LINE) for text in self.paragraphs),
            tuple(section.clean() for section in self.sections if section.items),
            self.link,
            one_line(self.footer, MAX_LINE),
        )

    def change(self, change: Callable[[str], str]) -> "Letter":
        """Return the letter with every text changed; addresses stay."""
        sections = (
            Section(
                change(section.title),
                tuple(Item(change(item.text), change(item.note), item.url) for item in section.items),
            )
            for section in self.sections
        )
        paragraphs = tuple(change(text) for text in self.paragraphs)
        return Letter(change(self.subject), paragraphs, tuple(sections), self.link, change(self.footer))


def render_text(letter: Letter) -> str:
    """Return the letter as plain text."""
    return _lay_out(letter.clean())


def render_unmarked(letter: Letter) -> tuple[str, str]:
    """Return title and plain text for a service that may read marks in it: no mention and no named link comes of it."""
    letter = letter.clean().change(break_marks)
    return letter.subject, _lay_out(letter)


def _lay_out(letter: Letter) -> str:
    lines = [line for text in letter.paragraphs for line in (text, "")]
    for section in letter.sections:
        lines += [section.title, *(line for item in section.items for line in _item_lines(item)), ""]
    if letter.link:
        lines += [f"{letter.link[0]}: {letter.link[1]}", ""]
    return "\n".join([*lines, *([f"-- \n{letter.footer}"] if letter.footer else [])]).rstrip() + "\n"


def _item_lines(item: Item) -> list[str]:
    lines = [f"- {item.text}{f' ({item.note})' if item.note else ''}"]
    return [*lines, f"  {item.url}"] if item.url else lines


def render_html(letter: Letter) -> str:
    """Return the letter as HTML: no script, no picture, nothing that is fetched from elsewhere."""
    return _TEMPLATES.get_template("mail.html").render(letter=letter.clean())


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

Element = dict[str, object]


def render_slack(letter: Letter) -> tuple[str, list[Element]]:
    """Return (text, blocks) for Slack. Blocks are rich text, in which no mark-up is read; the text is escaped.

    https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
    """
    letter = letter.clean()
    elements: list[Element] = [_line([_text(letter.subject, is_bold=True)])]
    elements += [_line([_text(text)]) for text in letter.paragraphs]
    for section in letter.sections:
        elements += [_line([_text(section.title, is_bold=True)]), _list(section)]
    if letter.link:
        elements.append(_line([{"type": "link", "url": letter.link[1], "text": letter.link[0]}]))
    return escape(letter.subject, quote=False), [{"type": "rich_text", "elements": elements}]


def _line(parts: list[Element]) -> Element:
    return {"type": "rich_text_section", "elements": [*parts, {"type": "text", "text": "\n"}]}


def _list(section: Section) -> Element:
    items = [{"type": "rich_text_section", "elements": _item_parts(item)} for item in section.items]
    return {"type": "rich_text_list", "style": "bullet", "elements": items}


def _item_parts(item: Item) -> list[Element]:
    head: Element = {"type": "link", "url": item.url, "text": item.text} if item.url else _text(item.text)
    return [head, _text(f" ({item.note})")] if item.note else [head]


def _text(text: str, *, is_bold: bool = False) -> Element:
    # Slack refuses an element without text.
    part: Element = {"type": "text", "text": text or " "}
    return part | {"style": {"bold": True}} if is_bold else part
