"""The input of a run, turned into the content of a user message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar, cast

from agentkit.errors import UsageError
from agentkit.messages.content import Document, File, Image
from agentkit.messages.message import Block, Content, encode, is_blank, text_block
from agentkit.messages.sdk_objects import SdkObject, as_plain
from agentkit.schema import TypeSchema, compile_type

In = TypeVar("In")

Part: TypeAlias = "str | Image | File | Document | Block | SdkObject"
"""A piece of a prompt; a Block is the API's own dictionary, an SdkObject a block as the official SDK has it."""
Render: TypeAlias = "Callable[[In], str | Sequence[Part]]"
"""Turns a typed input into content."""


@dataclass(frozen=True, slots=True)
class InputSpec(Generic[In]):
    """Turns inputs of one type into content."""

    schema: TypeSchema[In]
    render: Render[In] | None
    is_text: bool
    """True if the input type is `str`: values of other types are refused."""

    @classmethod
    def for_type(cls, input_type: object, render: Render[In] | None) -> InputSpec[In]:
        """Compile the input type. Raises DefinitionError for a type that has no JSON form."""
        return cls(compile_type(input_type), render, input_type is str)

    def to_content(self, given: In | str | Sequence[Part]) -> Content:
        """Return the content for one input, without empty texts.

        Raises UsageError for a value of another type, and for one that is empty or nothing but white space.
        """
        content = self._render(given)
        if not isinstance(content, str):
            content = [block for block in content if block["type"] != "text" or block.get("text") != ""]
        if is_blank(content):
            what = "The prompt" if isinstance(given, str | list) and self.render is None else "What `render` gave"
            raise UsageError(f"{what} is blank: the API takes no message of nothing but white space.")
        return content

    def _render(self, given: In | str | Sequence[Part]) -> Content:
        if isinstance(given, str) and not (self.is_text and self.render):
            return given
        if self.render is not None and not _is_part_list(given):
            rendered = self.render(cast("In", given))
            return rendered if isinstance(rendered, str) else [part_to_block(part) for part in rendered]
        if isinstance(given, Document | Image | File):
            return [part_to_block(given)]
        if _is_part_list(given) and (given or self.is_text):  # an empty list may be a typed input
            return [part_to_block(part) for part in cast("Sequence[Part]", given)]
        if self.is_text:
            raise UsageError(f"A prompt is a str or a list of content, not {type(given).__name__}.")
        return encode(self.schema.dump(cast("In", given))).decode()


def _is_part_list(given: object) -> bool:
    if not isinstance(given, list):
        return False
    parts = cast("list[object]", given)
    return all(isinstance(part, str | Image | File | Document) or _is_block(part) for part in parts)


def _is_block(part: object) -> bool:
    plain = as_plain(part)
    return isinstance(plain, dict) and "type" in plain


def part_to_block(part: Part) -> Block:
    """Return one piece of a prompt as the API's block."""
    if isinstance(part, str):
        return text_block(part)
    if isinstance(part, Image | File | Document):
        return part.to_block()
    return cast("Block", as_plain(part))
