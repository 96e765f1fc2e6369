"""Find what no request can carry: halves of surrogate pairs in a text, and values that JSON does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from agentkit.messages.message import encode

if TYPE_CHECKING:
    from agentkit.messages.message import Block


def find_unsendable(value: object) -> str | None:
    """Return what no request can carry in a text, in blocks or in other JSON, as a part of a sentence. None: nothing.

    Args:
        value: The content of a message, instructions or the parameters of tools.
    """
    try:
        if isinstance(value, str):
            value.encode()
        else:
            encode([_without_data(part) for part in cast("list[object]", value)] if isinstance(value, list) else value)
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start])
        return f"{half}, half of a surrogate pair, which no request can carry: remove or replace it"
    except (TypeError, ValueError, RecursionError) as error:
        return f"something that JSON does not have: {error}"
    return None


def _without_data(part: object) -> object:
    """Return a block without its data in base64: it may be long, and is searched in no time."""
    if not isinstance(part, dict):
        return part
    block = cast("Block", part)
    source: object = block.get("source")
    data: object = cast("Block", source).get("data") if isinstance(source, dict) else None
    if not isinstance(data, str) or not data.isascii():
        return block
    return {**block, "source": {**cast("Block", source), "data": ""}}
