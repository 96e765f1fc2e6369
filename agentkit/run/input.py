"""The input of a run, turned into the content of a user message."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeAlias, TypeVar, cast

from agentkit.errors import UsageError
from agentkit.messages.content import Document, File, Image
from agentkit.messages.message import JSON, Block, Content, encode, is_blank, text_block
from agentkit.messages.sdk_objects import SdkObject, as_plain
from agentkit.messages.unsendable import find_unsendable
from agentkit.schema import TypeSchema, compile_type
from agentkit.schema.json_schema.json_types import json_types_of
from agentkit.tools.declared_result import names_own_records

In = TypeVar("In")

Part: TypeAlias = "str | Image | File | Document | Block | SdkObject"
"""A piece of a prompt; a Block is the API's own dictionary, an SdkObject a block as the official SDK has it."""
_ROLES = ("user", "assistant", "system", "human", "ai", "message")
_MESSAGES_TEXT = (
    "A prompt is the content of one user message, not messages with roles: continue an earlier conversation with "
    '`agent.conversation(messages[:-1]).send(messages[-1]["content"])`, and give a system prompt as '
    "`Agent(..., instructions=...)`."
)
Render: TypeAlias = "Callable[[In], str | Sequence[Part]]"
"""Turns a typed input into content."""

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class InputSpec(Generic[In]):
    """Turns inputs of one type into content."""

    input_type: object
    """The type itself."""
    render: Render[In] | None

    @cached_property
    def schema(self) -> TypeSchema[In]:
        """The compiled type. Raises DefinitionError for a type that has no JSON form."""
        return compile_type(self.input_type)

    @property
    def is_text(self) -> bool:
        """True if the input type is `str`: values of other types are refused."""
        return self.input_type is str

    @property
    def _are_rows_data(self) -> bool:
        """True if inputs are lists of records of the user's own: dictionaries in them are never blocks of the API."""
        return "array" in json_types_of(self.schema.schema, self.schema.schema) and names_own_records(self.input_type)

    @classmethod
    def for_type(cls, input_type: object, render: Render[In] | None) -> InputSpec[In]:
        """Compile the input type. Raises DefinitionError for a type that has no JSON form."""
        spec = cls(input_type, render)
        if not spec.is_text:  # text is compiled where somebody asks: a new process has its first reply earlier
            _ = spec.schema
        return spec

    def to_content(self, given: In | str | Sequence[Part]) -> Content:
        """Return the content for one input, without empty texts and the byte order mark of a file it was read from.

        Raises UsageError for a value of another type, for one that is empty or nothing but white space, and for what no
        request can carry.
        """
        content = self._render(given)
        if isinstance(content, str):
            content = content.removeprefix(_BYTE_ORDER_MARK)
        else:
            content = [block for block in content if block["type"] != "text" or block.get("text") != ""]
        what = "The prompt" if isinstance(given, str | list) and self.render is None else "What `render` gave"
        if is_blank(content):
            raise UsageError(f"{what} is blank: the API takes no message of nothing but white space.")
        _refuse_unsendable(what, content)
        return content

    def digest(self, given: In | str | Sequence[Part]) -> str:
        """Return the SHA-256 of an input as it was given, in hexadecimal digits: before `render`, secrets included.

        Raises UsageError for what has no digest, since no request can carry it.
        """
        plain: JSON
        if isinstance(given, str):
            plain = given
        elif self._is_part_list(given):
            plain = [part_to_block(part) for part in cast("Sequence[Part]", given)]
        elif isinstance(given, Document | Image | File):
            plain = part_to_block(given)
        else:
            plain = self._dump_typed(cast("In", given))
        try:
            return hashlib.sha256(encode(plain)).hexdigest()
        except (TypeError, ValueError, RecursionError):
            if problem := find_unsendable(plain):
                raise UsageError(f"The prompt holds {problem}.") from None
            raise

    def _render(self, given: In | str | Sequence[Part]) -> Content:
        if isinstance(given, str) and not (self.is_text and self.render):
            return given
        is_part_list = self._is_part_list(given)
        if _are_messages(given) and (is_part_list or self.is_text or not self._fits(given)):
            raise UsageError(_MESSAGES_TEXT)
        if self.render is not None and not is_part_list:
            return self._content_of_rendered(self.render(cast("In", given)))
        if isinstance(given, Document | Image | File):
            return [part_to_block(given)]
        if is_part_list and (given or self.is_text):  # empty, it may be a typed input
            return [part_to_block(part) for part in cast("Sequence[Part]", given)]
        if self.is_text:
            raise UsageError(f"A prompt is a str or a list of content, not {_kind_of_prompt(given)}.")
        dumped = self._dump_typed(cast("In", given))
        if problem := find_unsendable(dumped):
            raise UsageError(f"The prompt holds {problem}.")
        return encode(dumped).decode()

    def _content_of_rendered(self, rendered: object) -> Content:
        if isinstance(rendered, str):
            return rendered
        if isinstance(rendered, Document | Image | File):
            return [part_to_block(rendered)]
        if not _is_part_list(rendered, or_tuple=True):
            raise UsageError(f"`render` has to return a str or a list of content, not {_kind_of_prompt(rendered)}.")
        return [part_to_block(part) for part in cast("Sequence[Part]", rendered)]

    def _dump_typed(self, given: In) -> JSON:
        """Return an input as JSON. Raises UsageError if it is none of the input type."""
        is_instance = isinstance(self.input_type, type) and type(given) is self.input_type
        try:
            dumped = self.schema.dump(given)
            if not is_instance:
                self.schema.validate(dumped)
        except ValueError as error:  # pydantic's errors are of this kind
            name = getattr(self.input_type, "__name__", self.input_type)
            raise UsageError(
                f"The prompt, {_kind_of_prompt(given)}, is neither text nor a value of the input type {name}."
            ) from error
        return dumped

    def _fits(self, given: object) -> bool:
        try:
            self._dump_typed(cast("In", given))
        except UsageError:
            return False
        return True

    def _is_part_list(self, given: object) -> bool:
        is_part_list = _is_part_list(given, or_tuple=self.is_text)
        if not is_part_list or not self._are_rows_data:
            return is_part_list
        return not any(isinstance(row, dict) for row in cast("list[object]", given))


def _refuse_unsendable(what: str, content: Content) -> None:
    for block in () if isinstance(content, str) else content:
        if block["type"] == "text" and not isinstance(block.get("text"), str):
            raise UsageError(f"{what} has a text block without its `text`.")
    if problem := find_unsendable(content):
        raise UsageError(f"{what} holds {problem}.")


def _are_messages(given: object) -> bool:
    """Return True for messages with roles, of the API or as others write them; some may stand among content."""
    inner = _without_state(given)
    parts = cast("Sequence[object]", inner) if isinstance(inner, list | tuple) else [inner]
    return any(map(_is_message, parts))


def _without_state(given: object) -> object:
    """Return the messages of a dictionary of state, as other frameworks take it; anything else as it is."""
    if not isinstance(given, dict):
        return given
    state = cast("dict[str, object]", given)
    return state.get("messages", state)


def _is_message(part: object) -> bool:
    plain = as_plain(part)
    if not isinstance(plain, dict) or "content" not in plain:
        return False
    message = cast("Block", plain)
    return "role" in message or message.get("type") in _ROLES


def _kind_of_prompt(given: object) -> str:
    """Return the type of a prompt in words, of a list that of its first piece which is no content."""
    name = type(given).__name__
    if isinstance(given, list | tuple):
        for part in cast("Sequence[object]", given):
            if not _is_part_list([part]):
                return f"a {name} with {type(part).__name__} in it"
    return "a block by itself" if isinstance(given, dict) and "type" in given else name


def _is_part_list(given: object, *, or_tuple: bool = False) -> bool:
    if not isinstance(given, list) and not (or_tuple and isinstance(given, tuple)):
        return False
    parts = cast("Sequence[object]", given)
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
