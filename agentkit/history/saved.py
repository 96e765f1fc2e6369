"""A conversation as JSON, to be kept anywhere and gone on with later.

Messages, and what stands before them, are saved as text, exactly as they are sent: a database that sorts the keys of
its JSON would break the bytes that thinking is checked against.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from agentkit.errors import UsageError
from agentkit.history.sanitize import read_message, read_messages
from agentkit.messages.message import JSONObject, Message, encode
from agentkit.messages.request import Offer

FORMAT = 1
"""Raised when an older version could no longer read what is saved."""

_TEXTS = ("agent", "model", "offer", "told")


@dataclass(frozen=True, slots=True)
class Saved:
    """What there was before: a conversation of the same agent, or only messages, of whoever said them."""

    messages: tuple[Message, ...]
    agent: str = ""
    model: str = ""
    """The model whose thinking the messages hold."""
    offer: Offer | None = None
    """What the conversation began with, and keeps. None: the messages are another's, or nothing was said yet."""
    told: Offer | None = None
    """What the model was told last that the agent is. None: what the conversation began with."""

    @classmethod
    def of(cls, given: object) -> Saved:
        """Read what `Conversation.save` gave, or messages. Raises UsageError that says what is wrong with it."""
        if isinstance(given, Mapping):
            return _read(cast("JSONObject", given))
        if isinstance(given, str | bytes) or not isinstance(given, Sequence):
            raise UsageError(
                "A conversation goes on from what `save()` gave, or from a list of messages such as `result.messages`, "
                f"not from {type(given).__name__}."
            )
        return cls(tuple(read_messages(cast("Sequence[object]", given))))

    def to_json(self) -> JSONObject:
        """What `of` reads."""
        return {
            "format": FORMAT,
            "agent": self.agent,
            "model": self.model,
            "offer": _text(self.offer),
            "told": _text(self.told),
            "messages": [message.encoded.decode() for message in self.messages],
        }


def _text(offer: Offer | None) -> str:
    return "" if offer is None else encode(offer.to_json()).decode()


def _read(given: JSONObject) -> Saved:
    if "format" not in given:
        raise UsageError("This is not what `save()` gave: it has no `format`. One message goes into a list.")
    if given["format"] != FORMAT:
        raise UsageError(
            f"This conversation was saved in format {given['format']!r}, and this version of agentkit reads {FORMAT}."
        )
    texts = given.get("messages")
    wrong = next((name for name in _TEXTS if not isinstance(given.get(name), str)), None)
    if wrong or not isinstance(texts, list):
        raise UsageError(f"The saved conversation lacks its `{wrong or 'messages'}`, or has something else there.")
    return Saved(
        tuple(_message(text, f"messages[{i}]") for i, text in enumerate(cast("list[object]", texts))),
        given["agent"],
        given["model"],
        _offer(given, "offer"),
        _offer(given, "told"),
    )


def _message(text: object, place: str) -> Message:
    read = read_message(_parsed(text, place), place)
    return Message(read.role, read.content, str(text).encode())


def _offer(given: JSONObject, name: str) -> Offer | None:
    if not given[name]:
        return None
    try:
        return Offer.of(_parsed(given[name], name))
    except TypeError as error:
        raise UsageError(f"The saved conversation's `{name}` is not as it was saved: {error}.") from error


def _parsed(text: object, place: str) -> JSONObject:
    try:
        value: object = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise UsageError(f"The saved conversation's `{place}` is not the text that was saved.")
    return cast("JSONObject", value)
