"""Messages made fit to go on with: by another model, after a cut, or in a new conversation. Pure functions.

Two rules for this file: a message that needs no change is passed on as the same object, so its bytes stay; and thinking
goes all or none, since what is left of it is checked against what is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import cast

from agentkit.errors import UsageError
from agentkit.messages.message import Block, JSONObject, Message, Role, text_block, text_of, tool_result, user

NO_RESULT = "There is no result: the run ended before it came. Whether the call took effect is not known."
"""What stands for the result of a call that has none."""

_THINKING = {"thinking", "redacted_thinking"}
_BOUND = {*_THINKING, "compaction"}
"""Blocks that are good only in the conversation, and for the model, that they came from."""
_NEEDED: Mapping[str, tuple[tuple[str, type], ...]] = {
    "text": (("text", str),),
    "tool_use": (("id", str), ("name", str), ("input", dict)),
    "tool_result": (("tool_use_id", str),),
}
"""What we read of a block, by its type."""


def read_messages(given: Sequence[object]) -> list[Message]:
    """The API's own dictionaries as messages, empty ones left out. Raises UsageError, naming the place."""
    return [message for i, value in enumerate(given) if (message := read_message(value, f"messages[{i}]")).content]


def read_message(value: object, place: str) -> Message:
    """One of the API's own dictionaries as a message. Raises UsageError, which begins with `place`."""
    if not isinstance(value, dict):
        raise UsageError(f"{place} is no dictionary like those of `result.messages`: {type(value).__name__}.")
    message = cast("JSONObject", value)
    role, content = message.get("role"), message.get("content")
    if role not in ("user", "assistant", "system"):
        raise UsageError(f"{place} has the role {role!r}: it must be user, assistant or system.")
    problem = next(_problems_of(content), None)
    if problem:
        raise UsageError(f"{place}.content{problem}.")
    try:
        return Message.of(cast("Role", role), content)  # type: ignore[arg-type]  # it was looked at
    except (TypeError, ValueError) as error:
        raise UsageError(f"{place} holds something that JSON does not have: {error}.") from error


def without_thinking(messages: Sequence[Message]) -> list[Message]:
    """The messages without a trace of thinking, for another model or another conversation.

    A signed summary goes, too; what it says stays, as a user message. An assistant message that held nothing else is
    left out.
    """
    kept: list[Message] = []
    for message in messages:
        blocks = _blocks(message)
        if message.role != "assistant" or not any(block["type"] in _BOUND for block in blocks):
            kept.append(message)
            continue
        summaries = [block.get("content") for block in blocks if block["type"] == "compaction"]
        kept += [user(f"What was said before, in short:\n\n{summary}") for summary in summaries if summary]
        if left := [block for block in blocks if block["type"] not in _BOUND]:
            kept.append(Message.of(message.role, left))
    return kept


def answered(messages: Sequence[Message]) -> list[Message]:
    """The messages with exactly one result for every tool call, in order, in the message behind it.

    A call without a result gets one that says so; a result without its call becomes text; of two the first counts.
    """
    turns = [(role, list(said)) for role, said in groupby(messages, key=lambda message: message.role)]
    whole: list[Message] = []
    calls: list[Block] = []
    for role, said in turns:
        if role == "user":
            whole += _with_results(said, calls)
            calls = []
        elif role == "assistant":
            whole += _with_results([], calls)  # only a system message can stand between
            calls = [block for message in said for block in _blocks(message) if block["type"] == "tool_use"]
            whole += said
        else:
            whole += said
    return whole + _with_results([], calls)


def _with_results(said: list[Message], calls: list[Block]) -> list[Message]:
    """The user messages behind an assistant turn, beginning with the results of its calls."""
    wanted = [str(call["id"]) for call in calls]
    blocks = [block for message in said for block in _blocks(message)]
    given = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    heads = [block["type"] for block in blocks[: len(wanted)]]
    if given == wanted and heads == ["tool_result"] * len(wanted):
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
    first = [results.get(call_id) or tool_result(call_id, NO_RESULT, is_error=True) for call_id in wanted]
    return [user([*first, *rest])]


def _blocks(message: Message) -> list[Block]:
    return [text_block(message.content)] if isinstance(message.content, str) else message.content


def _problems_of(content: object) -> Iterator[str]:
    if isinstance(content, str):
        return
    if not isinstance(content, list | tuple):
        yield f" must be text or a list of blocks, not {type(content).__name__}"
        return
    for j, value in enumerate(cast("Sequence[object]", content)):
        block = cast("Block", value) if isinstance(value, dict) else {}
        if not isinstance(block.get("type"), str):
            yield f"[{j}] is no block: it has no `type`"
        for name, kind in _NEEDED.get(str(block.get("type")), ()):
            if not isinstance(block.get(name), kind):
                yield f"[{j}] is a {block['type']} block without its `{name}`"
