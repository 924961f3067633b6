"""What servers put around a completion: a byte order mark, a stream in spite of `stream: false`, content in parts."""

import json
from typing import Any

BYTE_ORDER_MARK = "\ufeff"
DONE = "[DONE]"


def unwrap_body(body: str) -> str:
    """Return the completion's JSON, without a byte order mark; that of a stream of events is put together."""
    text = body.lstrip(BYTE_ORDER_MARK + " \t\r\n")
    is_stream = text.startswith(("data:", "event:", "id:", "retry:", ":"))
    return json.dumps(_join_events(text)) if is_stream else text


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
        for choice in event.get("choices") or ():
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
