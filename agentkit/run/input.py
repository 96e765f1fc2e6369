"""The input of a run, turned into the content of a user message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar, cast

from agentkit.errors import UsageError
from agentkit.messages.content import Document, File, Image
from agentkit.messages.message import Block, Content, encode, text_block
from agentkit.schema import TypeSchema, compile_type

In = TypeVar("In")

Part: TypeAlias = "str | Image | File | Document | Block"
"""A piece of a prompt; a Block is the API's own dictionary."""
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
        """Return the content for one input. Raises UsageError for a value of another type."""
        if isinstance(given, str) and not (self.is_text and self.render):
            return given
        if self.render is not None and not _is_part_list(given):
            rendered = self.render(cast("In", given))
            return rendered if isinstance(rendered, str) else [part_to_block(part) for part in rendered]
        if isinstance(given, Document | Image | File):
            return [part_to_block(given)]
        if _is_part_list(given):
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
    return isinstance(part, dict) and "type" in part


def part_to_block(part: Part) -> Block:
    """Return one piece of a prompt as the API's block."""
    if isinstance(part, str):
        return text_block(part)
    return part if isinstance(part, dict) else part.to_block()
