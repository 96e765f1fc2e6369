"""Make a history valid again: for another model, after an interrupted run, or in a new conversation. Pure functions.

Two rules for this file: a message that needs no change is passed on as the same object, so its bytes stay; and thinking
is removed all or none, since the API checks what is left of it against the messages around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

from agentkit.messages.message import Block, Message, is_blank, text_block, text_of, tool_result, user

if TYPE_CHECKING:
    from agentkit.tools.toolset import AnyTool

NO_RESULT_OF_READ = "There is no result: the run ended before it came."
"""The text of the tool result that is added to a call without one, of a tool that only reads."""
NO_RESULT = f"{NO_RESULT_OF_READ} Whether the call took effect is not known."
"""The text of the tool result that is added to any other call without one."""
NO_TOOLS: Mapping[str, AnyTool] = MappingProxyType({})

_THINKING_BLOCK_TYPES = {"thinking", "redacted_thinking"}
_BOUND_BLOCK_TYPES = {*_THINKING_BLOCK_TYPES, "compaction"}
"""Types of blocks that are valid only in the conversation, and for the model, that they came from."""


def without_thinking(messages: Sequence[Message]) -> list[Message]:
    """Return the messages without any thinking, for another model or another conversation.

    A signed summary becomes a user message with its text. An assistant message that held only thinking, or white space
    beside it, is left out.
    """
    kept: list[Message] = []
    for message in messages:
        blocks = _content_blocks(message)
        if message.role != "assistant" or not any(block["type"] in _BOUND_BLOCK_TYPES for block in blocks):
            kept.append(message)
            continue
        summaries = [block.get("content") for block in blocks if block["type"] == "compaction"]
        kept += [user(f"What was said before, in short:\n\n{summary}") for summary in summaries if summary]
        left = [block for block in blocks if block["type"] not in _BOUND_BLOCK_TYPES]
        if not is_blank(left):
            kept.append(Message.of(message.role, left))
    return kept


def with_missing_results(
    messages: Sequence[Message], tools: Mapping[str, AnyTool] = NO_TOOLS, *, is_end_open: bool = False
) -> list[Message]:
    """Return the messages with exactly one result for every tool call, in order, in the message behind it.

    A call without a result gets an error result that says so; a result without its call becomes text; of two results
    for one call the first counts.

    Args:
        messages: The messages.
        tools: The tools that are known, by name: a call of one that only reads has no effect.
        is_end_open: True: the calls of a turn at the very end may still be answered.
    """
    turns = [(role, list(said)) for role, said in groupby(messages, key=lambda message: message.role)]
    whole: list[Message] = []
    calls: list[Block] = []
    for role, said in turns:
        if role == "user":
            whole += _with_results_first(said, calls, tools)
            calls = []
        elif role == "assistant":
            whole += _with_results_first([], calls, tools)  # only a system message can stand between
            calls = [block for message in said for block in _content_blocks(message) if block["type"] == "tool_use"]
            whole += said
        else:
            whole += said
    return whole if is_end_open else whole + _with_results_first([], calls, tools)


def _with_results_first(said: list[Message], calls: list[Block], tools: Mapping[str, AnyTool]) -> list[Message]:
    """Return the user messages behind an assistant turn, beginning with the results of its calls."""
    wanted = {str(call["id"]): call for call in calls}
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
    first = [results.get(call_id) or _missing_result(call, tools) for call_id, call in wanted.items()]
    return [user([*first, *rest])]


def _missing_result(call: Block, tools: Mapping[str, AnyTool]) -> Block:
    tool = tools.get(call["name"])
    text = NO_RESULT_OF_READ if tool is not None and tool.effect == "read" else NO_RESULT
    return tool_result(str(call["id"]), text, is_error=True, toolset_name=str(call.get("toolset_name") or ""))


def _content_blocks(message: Message) -> list[Block]:
    return [text_block(message.content)] if isinstance(message.content, str) else message.content
