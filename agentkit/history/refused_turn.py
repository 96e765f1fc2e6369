"""The model's last turn where the API refuses to take it back: it goes on as plain text, and so do its results.

A turn that was never accepted is no part of the prefix that must not change. Pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentkit.history.plain_text import content_blocks, plain_text
from agentkit.messages.message import Message, encode, text_block, user

if TYPE_CHECKING:
    from agentkit.messages.message import Block

REFUSED_TURN_NOTE = (
    "[The API did not take the turn before this back as it was written: {reason}. It stands there as plain text.{more}]"
)
"""The note for the model, in front of the results."""
_RESULTS_NOTE = " So do the results of its calls, which were executed: do not repeat them for that."


def last_turn_span(messages: Sequence[Message]) -> range:
    """Return the indices of the model's last turn: of several messages, where the server had paused it."""
    stop = next((i for i in range(len(messages), 0, -1) if messages[i - 1].role == "assistant"), 0)
    start = next((i for i in range(stop, 0, -1) if messages[i - 1].role != "assistant"), 0)
    return range(start, stop)


def with_turn_as_text(messages: Sequence[Message], reason: str) -> list[Message]:
    """Return the messages with the last turn and the results behind it as plain text; unchanged if it is that already.

    Args:
        messages: The messages of the refused request.
        reason: The text of the refusal, without secrets.
    """
    span = last_turn_span(messages)
    turn = [block for i in span for block in content_blocks(messages[i].content)]
    said = [part for block in turn if (part := _block_as_text(block))]
    if not span or said == turn:
        return list(messages)
    names = {str(block.get("id")): str(block.get("name")) for block in turn if block["type"] == "tool_use"}
    behind = [block for message in messages[span.stop :] for block in content_blocks(message.content)]
    note = text_block(REFUSED_TURN_NOTE.format(reason=reason, more=_RESULTS_NOTE if names else ""))
    following = user([note, *(part for block in behind for part in _result_parts(block, names))])
    return [*messages[: span.start], *([Message.of("assistant", said)] if said else []), following]


def _block_as_text(block: Block) -> Block | None:
    """Return a block of the turn as text; None if nothing of it can be read."""
    if block["type"] == "tool_use":
        return text_block(f"[Call of `{block.get('name')}`: {encode(block.get('input')).decode()}]")
    text = plain_text([block])
    return text_block(text) if text.strip() else None


def _result_parts(block: Block, names: dict[str, str]) -> list[Block]:
    """Return a tool result as a heading and the parts of its content; any other block as it is."""
    if block["type"] != "tool_result":
        return [block]
    kind = "Error" if block.get("is_error") else "Result"
    name = names.get(str(block.get("tool_use_id")), "an earlier call")
    parts = content_blocks(block.get("content") or [])
    kept = [part if part["type"] in ("image", "document", "text") else text_block(plain_text([part])) for part in parts]
    return [text_block(f"[{kind} of `{name}`:]"), *(part for part in kept if part.get("text") != "")]
