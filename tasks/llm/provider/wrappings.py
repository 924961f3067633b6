"""What servers put around a completion: a byte order mark, a stream in spite of `stream: false`, content in parts."""

import json
from typing import Any

BYTE_ORDER_MARK = "\ufeff"
DONE = "[DONE]"
# No request uses more tokens than a number of this many digits can say.
MAX_DIGITS = 9


def load_body(body: str) -> object:
    """Return the JSON of a response; half of a character that was cut off becomes a question mark.

    Raises ValueError or RecursionError if there is none.
    """
    text = unwrap_body(body)
    found: object = json.loads(text)
    return json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")) if "\\ud" in text else found


def unwrap_body(body: str) -> str:
    """Return the completion's JSON, without a byte order mark; that of a stream of events is put together."""
    text = body.lstrip(BYTE_ORDER_MARK + " \t\r\n")
    is_stream = text.startswith(("data:", "event:", "id:", "retry:", ":"))
    return json.dumps(_join_events(text)) if is_stream else text


def as_text(value: object) -> str | None:
    """Return a text or a number as text; None for anything else. Servers of all kinds fill in the lesser fields."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def as_object(value: object) -> dict[str, Any]:
    """Return a JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_error(value: object) -> dict[str, Any] | str | None:
    """Return an error, an object or words; None for anything else, such as `false`."""
    return value if isinstance(value, dict | str) else None


def first_of(value: object) -> object:
    """Return a list with its first item alone: only one choice is requested."""
    return value[:1] if isinstance(value, list) else value


def as_count(value: object) -> int:
    """Return a count of tokens, 0 for anything else."""
    if isinstance(value, str):
        return as_count(int(value)) if value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS else 0
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 <= value < 10**MAX_DIGITS else 0


def join_parts(content: object) -> str | None:
    """Return the text of a message whose content is a list of parts: without thoughts, calls of tools and images."""
    if content is None or isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise ValueError("the content is neither a text nor a list of parts")
    return "".join(_text_of(part) for part in content)


def _text_of(part: object) -> str:
    if isinstance(part, str):
        return part
    is_text = isinstance(part, dict) and part.get("type", "text") in {"text", "output_text"}
    text = part.get("text") if is_text and isinstance(part, dict) else None
    return text if isinstance(text, str) else ""


def _join_events(text: str) -> dict[str, Any]:
    """Put the events of a stream together: https://platform.openai.com/docs/api-reference/chat-streaming."""
    whole: dict[str, Any] = {}
    message: dict[str, Any] = {}
    finish_reason = None
    for event in _read_events(text):
        whole |= {name: value for name, value in event.items() if name != "choices" and value is not None}
        choices = event.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and not choice.get("index"):
                finish_reason = choice.get("finish_reason") or finish_reason
                _add(message, choice.get("delta") or choice.get("message") or {})
    if message or finish_reason:
        whole["choices"] = [{"message": message, "finish_reason": finish_reason}]
    return whole


def _read_events(text: str) -> list[dict[str, Any]]:
    lines = [line.removeprefix("data:").strip() for line in text.splitlines() if line.startswith("data:")]
    events = [json.loads(line) for line in lines if line and line != DONE]
    return [event for event in events if isinstance(event, dict)]


def _add(message: dict[str, Any], delta: object) -> None:
    for name in ("content", "refusal") if isinstance(delta, dict) else ():
        piece = join_parts(delta.get(name)) if isinstance(delta, dict) else None
        if piece:
            message[name] = message.get(name, "") + piece
