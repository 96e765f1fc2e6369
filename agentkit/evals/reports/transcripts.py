"""A transcript as HTML that may be hostile or huge: texts are escaped, secrets removed, and the middle left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from agentkit.messages.message import JSONObject
from agentkit.patterns.html_page import html_text
from agentkit.redaction.redactor import text_without_secrets
from agentkit.tools.serialization import json_text

_MOST_CHARS = 1_500
"""Characters of one block."""
_MOST_MESSAGES = 30
_MOST_BLOCKS = 20
"""Blocks of one message."""
_ROLES = {"user": "user", "assistant": "agent"}


def transcript_html(messages: Sequence[JSONObject]) -> str:
    """Return the messages of a run, at most some 60,000 characters; most transcripts are shown whole.

    Args:
        messages: The messages, as the API's own dictionaries.
    """
    return f'<div class="transcript">{"".join(_messages(messages))}</div>'


def shortened_text(text: str, most: int = _MOST_CHARS) -> str:
    """Return a text whose middle is left out where it has more than `most` characters, without secrets.

    Args:
        text: The text.
        most: The characters that are kept, three quarters of them from the beginning.
    """
    if len(text) > most:
        head, tail = text[: most * 3 // 4], text[-(most // 4) :]
        text = f"{head}\n[{len(text) - len(head) - len(tail):,} characters left out]\n{tail}"
    return text_without_secrets(text)


def _messages(messages: Sequence[JSONObject]) -> Iterator[str]:
    half = _MOST_MESSAGES // 2
    if len(messages) <= _MOST_MESSAGES:
        yield from map(_message, messages)
        return
    yield from map(_message, messages[:half])
    yield f'<p class="soft">{len(messages) - 2 * half:,} messages left out</p>'
    yield from map(_message, messages[-half:])


def _message(message: JSONObject) -> str:
    content = message.get("content")
    blocks = cast("Sequence[object]", content) if isinstance(content, list) else [content]
    shown = "".join(map(_block, blocks[:_MOST_BLOCKS]))
    rest = len(blocks) - _MOST_BLOCKS
    left_out = f'<p class="soft">{rest:,} blocks left out</p>' if rest > 0 else ""
    role = str(message.get("role"))
    is_result = role == "user" and all(_kind(block) == "tool_result" for block in blocks)
    who = "tools" if is_result else _ROLES.get(role, role)
    return f'<div class="message"><span class="soft">{html_text(who)}</span><div>{shown}{left_out}</div></div>'


def _kind(block: object) -> str:
    return str(cast("JSONObject", block).get("type")) if isinstance(block, Mapping) else ""


def _block(block: object) -> str:
    if isinstance(block, str):
        return _preformatted(block)
    if not isinstance(block, Mapping):
        return _preformatted(json_text(block))
    fields = cast("JSONObject", block)
    match fields.get("type"):
        case "text":
            return _preformatted(str(fields.get("text", "")))
        case "thinking":
            return _preformatted(str(fields.get("thinking", "")), "soft")
        case "tool_use" | "server_tool_use":
            return _preformatted(f"{fields.get('name')} {json_text(fields.get('input'))}", "call")
        case "tool_result":
            return _preformatted(_result_text(fields.get("content")), "bad" if fields.get("is_error") else "result")
        case "image" | "document" as kind:
            return _preformatted(f"[{kind}]", "soft")
        case _:
            return _preformatted(json_text(fields), "soft")


def _result_text(content: object) -> str:
    """Return the text of a tool's result; of other blocks, their kind."""
    if isinstance(content, str):
        return content
    blocks = cast("Sequence[object]", content) if isinstance(content, list) else list[object]()
    parts: list[str] = []
    for block in blocks:
        fields = cast("JSONObject", block) if isinstance(block, Mapping) else JSONObject()
        parts.append(str(fields["text"]) if "text" in fields else f"[{fields.get('type', 'block')}]")
    return "\n".join(parts)


def _preformatted(text: str, kind: str = "plain") -> str:
    return f'<pre class="{kind}">{html_text(shortened_text(text))}</pre>'
