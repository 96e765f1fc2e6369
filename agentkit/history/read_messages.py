"""Messages from elsewhere, read and checked: the API's own dictionaries, or objects of the official SDK.

What the API would refuse for its emptiness is left out: empty texts, messages of nothing but white space, and what is
no text in an error result. What it would refuse for its content is refused here, with its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from agentkit.errors import UsageError
from agentkit.messages.content import find_media_problem
from agentkit.messages.message import Block, Content, JSONObject, Message, is_blank
from agentkit.messages.sdk_objects import as_plain
from agentkit.messages.unsendable import find_unsendable

_REQUIRED_FIELDS: Mapping[str, tuple[tuple[str, type], ...]] = {
    "text": (("text", str),),
    "tool_use": (("id", str), ("name", str), ("input", dict)),
    "tool_result": (("tool_use_id", str),),
}
"""The fields of a block that this package reads, with their types, by block type."""
_ROLE_OF_BLOCK = {"tool_use": "assistant", "tool_result": "user"}


def read_messages(given: Sequence[object]) -> list[Message]:
    """Convert messages from elsewhere; blank ones are left out. Raises UsageError, naming the place."""
    messages: list[Message] = []
    for i, value in enumerate(given):
        place = f"messages[{i}]"
        if (message := read_message(value, place)) is not None:
            _check_media(message.content, place)
            messages.append(message)
    return messages


def read_message(value: object, place: str) -> Message | None:
    """Convert one message; None if it is blank. Raises UsageError, whose text begins with `place`."""
    plain = as_plain(value)
    if not isinstance(plain, dict):
        raise UsageError(f"{place} is no dictionary like those of `result.messages`: {type(value).__name__}.")
    message = cast("JSONObject", plain)
    role, given = message.get("role"), message.get("content")
    if role not in ("user", "assistant", "system"):
        raise UsageError(f"{place} has the role {role!r}: it must be user, assistant or system.")
    content = [as_plain(block) for block in cast("Sequence[object]", given)] if _is_sequence(given) else given
    problem = next(_content_problems(content, str(role)), None)
    if problem:
        raise UsageError(f"{place}.content{problem}.")
    content = without_empty_texts(cast("Content", content))
    if is_blank(content):
        return None
    try:
        return Message.of(role, content)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{place} holds {find_unsendable(content) or error}.") from error


def without_empty_texts(content: Content) -> Content:
    """Return content without what the API refuses for its emptiness; the same object if there is no such thing."""
    if isinstance(content, str):
        return content
    kept: list[Block] = []
    for block in content:
        if block["type"] == "text" and not block["text"]:
            continue
        inner: object = block.get("content") if block["type"] == "tool_result" else None
        parts = cast("list[Block]", inner) if isinstance(inner, list) else []
        is_text_only = bool(block.get("is_error"))
        shown = [part for part in parts if (part.get("text") if part.get("type") == "text" else not is_text_only)]
        kept.append(block if len(shown) == len(parts) else {**block, "content": shown})
    is_same = len(kept) == len(content) and all(one is other for one, other in zip(kept, content, strict=True))
    return content if is_same else kept


def _check_media(content: Content, place: str) -> None:
    for j, block in enumerate(() if isinstance(content, str) else content):
        inner: object = block.get("content") if block["type"] == "tool_result" else None
        for part in (block, *(cast("list[Block]", inner) if isinstance(inner, list) else ())):
            if problem := find_media_problem(part):
                raise UsageError(f"{place}.content[{j}] cannot be sent. {problem}")


def _is_sequence(value: object) -> bool:
    return isinstance(value, list | tuple)


def _content_problems(content: object, role: str) -> Iterator[str]:
    if isinstance(content, str):
        return
    if not isinstance(content, list | tuple):
        yield f" must be text or a list of blocks, not {type(content).__name__}"
        return
    ids: set[object] = set()
    for j, value in enumerate(cast("Sequence[object]", content)):
        block = cast("Block", value) if isinstance(value, dict) else {}
        kind = block.get("type")
        if not isinstance(kind, str):
            yield f"[{j}] is no block: it has no `type`"
        elif _ROLE_OF_BLOCK.get(kind, role) != role:
            yield f"[{j}] is a {kind} block, which is in place only in a message of the role {_ROLE_OF_BLOCK[kind]}"
        elif kind == "tool_use" and block.get("id") in ids:
            yield f"[{j}] is a second call with the id {block['id']!r}"
        ids |= {str(block["id"])} if kind == "tool_use" and "id" in block else set()
        for name, kind in _REQUIRED_FIELDS.get(str(block.get("type")), ()):
            if not isinstance(block.get(name), kind):
                yield f"[{j}] is a {block['type']} block without its `{name}`"
