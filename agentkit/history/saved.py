"""A conversation saved as JSON, to be continued later, in this process or another one.

Messages and prompt prefixes are saved as text, byte for byte as they are sent: a database that sorts the keys of JSON
objects would change the bytes that signed thinking is checked against.
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
"""Version of the saved JSON; increased when older versions of this package cannot read it any more."""

_TEXTS = ("agent", "model", "offer", "told")  # keys of format 1; the last two hold prompt prefixes


@dataclass(frozen=True, slots=True)
class Saved:
    """An earlier conversation to continue: one with an agent of this package, or only messages from anywhere."""

    messages: tuple[Message, ...]
    agent: str = ""
    """The name of its agent. Empty: the messages are from elsewhere."""
    model: str = ""
    """The model that the thinking in the messages is from. Empty: nothing was sent yet, or it is not known."""
    offer: Offer | None = None
    """The prompt prefix that the conversation began with and keeps. None: nothing was sent yet, or it is not known."""
    told: Offer | None = None
    """The agent's prompt prefix as last reported to the model by a change notice. None: the initial one."""

    @classmethod
    def of(cls, given: object) -> Saved:
        """Read the JSON of `Conversation.save`, or a list of messages. Raises UsageError with the reason."""
        if isinstance(given, Mapping):
            return _read(cast("JSONObject", given))
        if isinstance(given, str | bytes) or not isinstance(given, Sequence):
            raise UsageError(
                "A conversation goes on from what `save()` gave, or from a list of messages such as `result.messages`, "
                f"not from {type(given).__name__}."
            )
        return cls(tuple(read_messages(cast("Sequence[object]", given))))

    def to_json(self) -> JSONObject:
        """Return the conversation as JSON, for `from_json_or_messages`."""
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
