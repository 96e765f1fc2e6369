"""Examples from earlier conversations: each prompt with all that followed up to its answer, tool calls whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

from agentkit.agents.conversation import Conversation
from agentkit.history.plain_text import content_blocks, plain_text
from agentkit.history.sanitize import with_missing_results, without_thinking
from agentkit.history.saved import SavedConversation
from agentkit.messages.message import Message, encode, text_block, text_of
from agentkit.patterns.few_shot.demonstration import Demonstration, input_text, turns_text
from agentkit.patterns.sources import Gap
from agentkit.run.result import RunResult
from agentkit.tools.reserved_names import ANSWER_TOOL

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.messages.sdk_objects import SdkObject

Earlier: TypeAlias = "Conversation[Any, Any, Any] | RunResult[Any] | JSONObject | Sequence[JSONObject | SdkObject]"
"""An earlier conversation: the object, its `save()`, a result of a run, or messages of the API or its SDK."""


def demonstrations_in(earlier: Earlier, name: str, *, whole: bool = False) -> Iterator[Demonstration | Gap]:
    """Yield the examples of one conversation. A prompt without an answer is a gap.

    Args:
        earlier: The conversation.
        name: Its name for people.
        whole: True: it is one example, because later prompts refer to earlier answers.

    Raises:
        UsageError: It is none; the text says what is wrong with it.
    """
    given: object = list(earlier.messages) if isinstance(earlier, Conversation | RunResult) else earlier
    saved = SavedConversation.from_json_or_messages(given).messages
    messages = with_missing_results(without_thinking([one for one in saved if one.role != "system"]))
    exchanges = list(_exchanges(messages))
    if whole and exchanges:
        exchanges = [[message for exchange in exchanges for message in _answered(exchange) or ()]]
    for number, exchange in enumerate(exchanges, 1):
        own = name if len(exchanges) == 1 else f"{name}, prompt {number}".removeprefix(", ")
        turns = _answered(exchange)
        yield Gap(own, "the prompt has no answer") if turns is None else _demonstration(turns, own)


def _exchanges(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Yield each prompt with the turns behind it; what stands before the first prompt is left out."""
    exchange: list[Message] = []
    for message in messages:
        is_prompt = message.role == "user" and not any(
            block["type"] == "tool_result" for block in content_blocks(message.content)
        )
        if is_prompt and any(one.role == "assistant" for one in exchange):
            yield exchange
            exchange = []
        if exchange or is_prompt:
            exchange.append(message)
    if exchange:
        yield exchange


def _answered(exchange: Sequence[Message]) -> list[Message] | None:
    """Return an exchange up to its answer, which a call of the answer tool gives, too. None: it has none."""
    turns = list(exchange)
    while turns and turns[-1].role != "assistant":
        turns.pop()
    if not turns:
        return None
    calls = [block for block in content_blocks(turns[-1].content) if block["type"] == "tool_use"]
    if len(calls) == 1 and calls[0]["name"] == ANSWER_TOOL:
        turns[-1] = Message.of("assistant", [text_block(encode(calls[0]["input"]).decode())])
    elif calls or not text_of(turns[-1].content).strip():
        return None
    return [_merged(list(said)) for _, said in groupby(turns, key=lambda message: message.role)]


def _merged(said: Sequence[Message]) -> Message:
    """Return messages of one role as one: a paused turn and its continuation, several prompts."""
    blocks = [block for message in said for block in content_blocks(message.content)]
    return said[0] if len(said) == 1 else Message.of(said[0].role, blocks)


def _demonstration(turns: Sequence[Message], name: str) -> Demonstration:
    output, asked = text_of(turns[-1].content), turns[0].content
    given = asked if isinstance(asked, str) else input_text(asked).strip() or plain_text(asked)
    if len(turns) == 2 and all(_is_text(message) for message in turns):
        return Demonstration(output, given, name)
    return Demonstration(output, given, name, turns=turns_text([(one.role, one.content) for one in turns]))


def _is_text(message: Message) -> bool:
    blocks = content_blocks(message.content)
    return len(blocks) == 1 and blocks[0]["type"] == "text" and not blocks[0].get("citations")
