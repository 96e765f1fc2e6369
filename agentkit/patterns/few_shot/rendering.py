"""Examples in a prompt: as text between marks that no example holds, or as turns that the API takes.

The text of a system prompt is what every request of an agent shares. Turns are messages at the beginning of a
conversation: user and assistant alternate, none is blank, and each tool call keeps its result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from agentkit.errors import UsageError
from agentkit.history.plain_text import content_blocks, conversation_text
from agentkit.messages.content import Document, File, Image
from agentkit.messages.fence import unused_mark
from agentkit.messages.message import Message, with_cache_marker
from agentkit.patterns.few_shot.demonstration import Demonstration, input_text
from agentkit.patterns.reading.packing import BYTES_PER_TOKEN, PICTURE_TOKENS, estimated_tokens
from agentkit.tools.serialization import json_text

if TYPE_CHECKING:
    from agentkit.messages.message import Block, JSONObject
    from agentkit.run.input import Part

WRITE_ANOTHER = "Write another one."
"""The prompt of the turn before an output that answers no input of its own."""
_TAG = re.compile(r"[<\uff1c]\s*[/\uff0f]?\s*(?:examples?|input|steps|output)\b", re.IGNORECASE)
"""Anything that looks like one of the marks."""
_ID_FIELD: Mapping[str, str] = {"tool_use": "id", "tool_result": "tool_use_id"}
_ALL = 1 << 40
"""More characters than a conversation has."""


def examples_text(demonstrations: Sequence[Demonstration]) -> str:
    """Return examples as a part of a prompt. Empty: there are none.

    Raises:
        UsageError: An example holds a picture or a PDF, which has no place in a text.
    """
    if not demonstrations:
        return ""
    if with_media := [one for one in demonstrations if _media_of(one)]:
        raise UsageError(
            f"The example {with_media[0].name or with_media[0].output[:40]!r} holds a picture or a file, which has no "
            "place in a text: give the examples as messages, `agent.conversation(examples.messages())`."
        )
    bodies = [_plain_body(one) for one in demonstrations]
    suffix = _suffix_for([text for body in bodies for _, text in body])
    shown = (_marked(f"example{suffix}", _body_text(body, suffix)) for body in bodies)
    return _marked(f"examples{suffix}", "\n".join(shown))


def example_sizes(demonstrations: Sequence[Demonstration]) -> list[int]:
    """Return the bytes that each example takes in `examples_text` of them, or of some of them, at most.

    A picture or file counts as the bytes of a text with as many tokens.
    """
    bodies = [_plain_body(one) for one in demonstrations]
    suffix = _suffix_for([text for body in bodies for _, text in body])
    texts = (_marked(f"example{suffix}", _body_text(body, suffix)) for body in bodies)
    media = (len(_media_of(one)) * int(PICTURE_TOKENS * BYTES_PER_TOKEN) for one in demonstrations)
    return [len(text.encode()) + 1 + more for text, more in zip(texts, media, strict=True)]


AROUND_BYTES = len(b"<examples-0123456789abcdef>\n\n</examples-0123456789abcdef>")
"""The most bytes around all examples of a text."""


def examples_tokens(demonstrations: Sequence[Demonstration]) -> int:
    """Return an estimate of the tokens of examples: of their text, or of turns that hold pictures or files."""
    if any(map(_media_of, demonstrations)):
        return int((sum(example_sizes(demonstrations)) + AROUND_BYTES) / BYTES_PER_TOKEN) + 1
    return estimated_tokens(examples_text(demonstrations)) if demonstrations else 0


def examples_messages(
    demonstrations: Sequence[Demonstration], request: str, marker: JSONObject | None
) -> list[JSONObject]:
    """Return examples as messages of the API.

    Args:
        demonstrations: The examples.
        request: The prompt before an output that has no input of its own.
        marker: The cache marker for the end of the last message. None: none.
    """
    messages: list[JSONObject] = []
    for number, one in enumerate(demonstrations):
        alone = [{"role": "user", "content": request}, {"role": "assistant", "content": one.output}]
        messages += _with_own_ids(one.messages() or alone, number)
    if messages and marker is not None:
        blocks = content_blocks(messages[-1]["content"])
        messages[-1] = {**messages[-1], "content": with_cache_marker(blocks, -1, marker)}
    return messages


def with_nearest(select: Callable[[str], object], given: object) -> list[Part]:
    """Return an input as content, behind the examples that are nearest to it.

    Args:
        select: Returns the examples for a text.
        given: The input of an agent.
    """
    shown = str(select(input_text(given)))
    return [*([shown] if shown else []), *input_parts(given)]


def input_parts(given: object, render: Callable[[Any], str | Sequence[Part]] | None = None) -> list[Part]:
    """Return an input of an agent as content, as its `render` makes it, or else as an agent does by itself."""
    if render is not None and not isinstance(given, list):
        given = render(given)
    if isinstance(given, list | tuple):
        return list(cast("Sequence[Part]", given))
    return [given if isinstance(given, str | Document | Image | File) else json_text(given)]


def _plain_body(one: Demonstration) -> list[tuple[str, str]]:
    """Return the parts of an example, each with its mark; without a mark where the output stands alone."""
    if not one.input:
        return [("", one.output)]
    turns = [Message.of(turn["role"], turn["content"]) for turn in one.messages()[1:-1]] if one.turns else []
    steps = [("steps", conversation_text(turns, _ALL))] if turns else []
    return [("input", one.input), *steps, ("output", one.output)]


def _media_of(one: Demonstration) -> list[Block]:
    """Return the pictures and files of an example."""
    blocks = [block for turn in one.messages() for block in content_blocks(turn["content"])] if one.turns else []
    inner = (block["content"] for block in blocks if isinstance(block.get("content"), list))
    every = [*blocks, *(part for parts in inner for part in parts)]
    return [block for block in every if isinstance(block.get("source"), dict) and block["source"].get("type") != "text"]


def _body_text(body: Sequence[tuple[str, str]], suffix: str) -> str:
    return "\n".join(_marked(f"{name}{suffix}", text) if name else text for name, text in body)


def _suffix_for(texts: Sequence[str]) -> str:
    """Return what the marks end with, so that no text can end or begin an example. Empty: none looks like a mark."""
    if not any(_TAG.search(text) for text in texts):
        return ""
    return unused_mark("\0".join(texts), "")


def _marked(name: str, text: str) -> str:
    return f"<{name}>\n{text}\n</{name}>"


def _with_own_ids(messages: list[JSONObject], number: int) -> list[JSONObject]:
    """Return the messages of an example with ids of tool calls that no other example has."""
    names: dict[str, str] = {}

    def renamed(block: Block) -> Block:
        if (field := _ID_FIELD.get(block["type"])) is None:
            return block
        name = names.setdefault(str(block[field]), f"toolu_example_{number}_{len(names)}")
        return {**block, field: name}

    return [
        {**message, "content": [renamed(block) for block in cast("list[Block]", message["content"])]}
        if isinstance(message["content"], list)
        else message
        for message in messages
    ]
