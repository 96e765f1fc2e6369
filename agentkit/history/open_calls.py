"""The calls of the model's last turn, and the results for them that a caller brings with the next message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from agentkit.errors import UsageError
from agentkit.history.sanitize import NO_TOOLS, with_missing_results
from agentkit.messages.message import Message, user

if TYPE_CHECKING:
    from agentkit.messages.message import Block, Content
    from agentkit.tools.toolset import AnyTool


def unanswered_start(messages: Sequence[Message]) -> int:
    """Return the index behind the model's last turn: no request with the messages from there on had a reply."""
    return next((i for i in range(len(messages), 0, -1) if messages[i - 1].role == "assistant"), 0)


def answer_open_calls(
    messages: Sequence[Message], content: Content, tools: Mapping[str, AnyTool] = NO_TOOLS
) -> tuple[list[Message], Content]:
    """Return the messages with a result for every call of the last turn, and the rest of the next message's content.

    Results in the content count before those that stand behind the turn, which no reply has followed yet. A call
    without any gets an error result, by the effect of its tool.

    Raises:
        UsageError: The content has a result for anything but a call of the last turn.
    """
    behind = unanswered_start(messages)
    start = next((i for i in range(behind, 0, -1) if messages[i - 1].role != "assistant"), 0)
    turn = messages[start:behind]
    given = [block for block in content if block["type"] == "tool_result"] if isinstance(content, list) else []
    _check_results(given, turn)
    answered = with_missing_results([*turn, *([user(given)] if given else []), *messages[behind:]], tools)
    rest: Content = [block for block in content if block not in given] if isinstance(content, list) else content
    return [*messages[:start], *answered], rest


def _check_results(given: Sequence[Block], turn: Sequence[Message]) -> None:
    calls = [
        str(block["id"])
        for message in turn
        for block in (message.content if isinstance(message.content, list) else ())
        if block["type"] == "tool_use"
    ]
    stray = next((block.get("tool_use_id") for block in given if block.get("tool_use_id") not in calls), None)
    if stray is not None:
        known = f"Its calls are {', '.join(calls)}." if calls else "It made no call."
        raise UsageError(
            f"The prompt brings a result for the call {stray!r}, which the last turn did not make. {known}"
        )
