"""Make a history valid again: for another model, after an interrupted run, or in a new conversation. Pure functions.

Two rules for this file: a message that needs no change is passed on as the same object, so its bytes stay; and thinking
is removed all or none, since the API checks what is left of it against the messages around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import cast

from agentkit.errors import UsageError
from agentkit.messages.message import Block, JSONObject, Message, Role, text_block, text_of, tool_result, user

NO_RESULT = "There is no result: the run ended before it came. Whether the call took effect is not known."
"""The text of the tool result that is added to a call without one."""

_THINKING_BLOCK_TYPES = {"thinking", "redacted_thinking"}
_BOUND_BLOCK_TYPES = {*_THINKING_BLOCK_TYPES, "compaction"}
"""Types of blocks that are valid only in the conversation, and for the model, that they came from."""
_REQUIRED_FIELDS: Mapping[str, tuple[tuple[str, type], ...]] = {
    "text": (("text", str),),
    "tool_use": (("id", str), ("name", str), ("input", dict)),
    "tool_result": (("tool_use_id", str),),
}
"""The fields of a block that this package reads, with their types, by block type."""


def read_messages(given: Sequence[object]) -> list[Message]:
    """Convert the API's own dictionaries to messages; empty ones are left out. Raises UsageError, naming the place."""
    return [message for i, value in enumerate(given) if (message := read_message(value, f"messages[{i}]")).content]


def read_message(value: object, place: str) -> Message:
    """Convert one of the API's own dictionaries to a message. Raises UsageError, whose text begins with `place`."""
    if not isinstance(value, dict):
        raise UsageError(f"{place} is no dictionary like those of `result.messages`: {type(value).__name__}.")
    message = cast("JSONObject", value)
    role, content = message.get("role"), message.get("content")
    if role not in ("user", "assistant", "system"):
        raise UsageError(f"{place} has the role {role!r}: it must be user, assistant or system.")
    problem = next(_content_problems(content), None)
    if problem:
        raise UsageError(f"{place}.content{problem}.")
    try:
        return Message.of(cast("Role", role), content)  # type: ignore[arg-type]  # `_content_problems` has checked it
    except (TypeError, ValueError) as error:
        raise UsageError(f"{place} holds something that JSON does not have: {error}.") from error


def without_thinking(messages: Sequence[Message]) -> list[Message]:
    """Return the messages without any thinking, for another model or another conversation.

    A signed summary becomes a user message with its text. An assistant message that held only thinking is left out.
    """
    kept: list[Message] = []
    for message in messages:
        blocks = _content_blocks(message)
        if message.role != "assistant" or not any(block["type"] in _BOUND_BLOCK_TYPES for block in blocks):
            kept.append(message)
            continue
        summaries = [block.get("content") for block in blocks if block["type"] == "compaction"]
        kept += [user(f"What was said before, in short:\n\n{summary}") for summary in summaries if summary]
        if left := [block for block in blocks if block["type"] not in _BOUND_BLOCK_TYPES]:
            kept.append(Message.of(message.role, left))
    return kept


def with_missing_results(messages: Sequence[Message]) -> list[Message]:
    """Return the messages with exactly one result for every tool call, in order, in the message behind it.

    A call without a result gets an error result that says so; a result without its call becomes text; of two results
    for one call the first counts.
    """
    turns = [(role, list(said)) for role, said in groupby(messages, key=lambda message: message.role)]
    whole: list[Message] = []
    calls: list[Block] = []
    for role, said in turns:
        if role == "user":
            whole += _with_results_first(said, calls)
            calls = []
        elif role == "assistant":
            whole += _with_results_first([], calls)  # only a system message can stand between
            calls = [block for message in said for block in _content_blocks(message) if block["type"] == "tool_use"]
            whole += said
        else:
            whole += said
    return whole + _with_results_first([], calls)


def _with_results_first(said: list[Message], calls: list[Block]) -> list[Message]:
    """Return the user messages behind an assistant turn, beginning with the results of its calls."""
    wanted = {str(call["id"]): str(call.get("toolset_name") or "") for call in calls}
    blocks = [block for message in said for block in _content_blocks(message)]
    given = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    heads = [block["type"] for block in blocks[: len(wanted)]]
    if given == [*wanted] and heads == ["tool_result"] * len(wanted):
        return said
    results: dict[str, Block] = {}
    rest: list[Block] = []
    for block in blocks:
        if block["type"] != "tool_result":
            rest.append(block)
        elif block["tool_use_id"] not in wanted:
            text = text_of(block.get("content") or "")
            rest.append(text_block(f"The result of a call that is no longer shown: {text}"))
        else:
            results.setdefault(block["tool_use_id"], block)
    first = [
        results.get(call_id) or tool_result(call_id, NO_RESULT, is_error=True, toolset_name=toolset_name)
        for call_id, toolset_name in wanted.items()
    ]
    return [user([*first, *rest])]


def _content_blocks(message: Message) -> list[Block]:
    return [text_block(message.content)] if isinstance(message.content, str) else message.content


def _content_problems(content: object) -> Iterator[str]:
    if isinstance(content, str):
        return
    if not isinstance(content, list | tuple):
        yield f" must be text or a list of blocks, not {type(content).__name__}"
        return
    for j, value in enumerate(cast("Sequence[object]", content)):
        block = cast("Block", value) if isinstance(value, dict) else {}
        if not isinstance(block.get("type"), str):
            yield f"[{j}] is no block: it has no `type`"
        for name, kind in _REQUIRED_FIELDS.get(str(block.get("type")), ()):
            if not isinstance(block.get(name), kind):
                yield f"[{j}] is a {block['type']} block without its `{name}`"
