"""The messages of a saved conversation: the API's own dictionaries, and the exact text of those that need it.

A page and a database read the dictionaries. A database may also sort their keys or write `1.0` as `1`; signed thinking
and the prompt cache want the bytes that were sent. So keys are put into one fixed order when messages are read, and a
message whose bytes that order does not give back is saved as text, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from agentkit.errors import UsageError
from agentkit.history.read_messages import read_message
from agentkit.messages.message import JSON, JSONObject, Message, encode

_FIRST_KEYS = (
    *("role", "type", "id", "name", "tool_use_id", "text", "thinking", "signature", "source", "media_type", "data"),
    *("content", "is_error", "toolset_name"),
)
"""Keys in the order in which messages have them; all others follow, by name."""
_RANKS = {name: rank for rank, name in enumerate(_FIRST_KEYS)}
_MAX_EXACT_INT = 2**53
"""Up to it every language reads an integer as it was written."""
_NO_NUL = str.maketrans({"\0": "\N{REPLACEMENT CHARACTER}"})
"""Databases refuse the character NUL in JSON."""


def messages_to_json(messages: Sequence[Message]) -> tuple[list[JSON], dict[str, JSON]]:
    """Return the messages as dictionaries, and the exact texts of some of them by index."""
    shown: list[JSON] = []
    exact: dict[str, JSON] = {}
    for i, message in enumerate(messages):
        given = cast("JSONObject", _in_order(message.to_dict()))
        readable = _without_nul(given)
        shown.append(readable)
        if readable is not given or _has_inexact_number(given) or encode(given) != message.encoded:
            exact[str(i)] = message.encoded.decode()
    return shown, exact


def messages_from_json(shown: Sequence[object], exact: Mapping[str, object]) -> tuple[Message, ...]:
    """Return the messages that `messages_to_json` wrote; one that was changed since then has new bytes.

    Raises:
        UsageError: One of them is no message.
    """
    found = (_read_message(value, exact.get(str(i)), f"messages[{i}]") for i, value in enumerate(shown))
    return tuple(message for message in found if message is not None)


def message_from_text(text: object, place: str) -> Message | None:
    """Return a message with the bytes that were saved. None: it is blank, so that the API would refuse it."""
    given = parse_object(text, place)
    read = read_message(given, place)
    is_same = read is not None and read.content == given["content"]
    return replace(read, encoded=str(text).encode()) if read is not None and is_same else read


def parse_object(text: object, place: str) -> JSONObject:
    """Return the JSON object that a text holds. Raises UsageError, naming the place."""
    try:
        value: object = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise UsageError(f"The saved conversation's `{place}` is not the text that was saved.")
    return cast("JSONObject", value)


def _read_message(shown: object, text: object, place: str) -> Message | None:
    if isinstance(text, str) and _without_nul(cast("JSON", parse_object(text, f"exact of {place}"))) == shown:
        return message_from_text(text, place)
    return read_message(_in_order(cast("JSON", shown)), place)


def _in_order(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value, key=_rank)}
    return [_in_order(item) for item in value] if isinstance(value, list) else value


def _rank(key: str) -> tuple[int, str]:
    return _RANKS.get(key, len(_RANKS)), key


def _without_nul(value: JSON) -> JSON:
    """Return a JSON value without NUL in its texts; the same object if there is none."""
    if isinstance(value, str):
        return value.translate(_NO_NUL) if "\0" in value else value
    if isinstance(value, list):
        items = [_without_nul(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if not isinstance(value, dict):
        return value
    named = {str(_without_nul(key)): _without_nul(item) for key, item in value.items()}
    is_same = [*named] == [*value] and all(named[key] is value[key] for key in value)
    return value if is_same else named


def _has_inexact_number(value: JSON) -> bool:
    """True if a value holds a number that another language may write in another form."""
    if isinstance(value, dict):
        return any(_has_inexact_number(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_inexact_number(item) for item in value)
    return isinstance(value, float) or (isinstance(value, int) and abs(value) > _MAX_EXACT_INT)
