"""A conversation saved as JSON, to be continued later, in this process or another one.

Messages and prompt prefixes are saved as text, byte for byte as they are sent: a database that sorts the keys of JSON
objects would change the bytes that signed thinking is checked against.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from agentkit.errors import UsageError
from agentkit.history.read_messages import read_message, read_messages
from agentkit.messages.container import Container
from agentkit.messages.message import JSONObject, Message, encode
from agentkit.messages.request import PromptPrefix

FORMAT = 1
"""Version of the saved JSON; increased when older versions of this package cannot read it any more."""

_TEXT_KEYS = ("agent", "model", "offer", "told")  # keys of format 1; the last two hold prompt prefixes


@dataclass(frozen=True, slots=True)
class SavedConversation:
    """An earlier conversation to continue: one with an agent of this package, or only messages from anywhere."""

    messages: tuple[Message, ...]
    agent: str = ""
    """The name of its agent. Empty: the messages are from elsewhere."""
    model: str = ""
    """The model that the thinking in the messages is from. Empty: nothing was sent yet, or it is not known."""
    initial_prompt_prefix: PromptPrefix | None = None
    """The prompt prefix that the conversation began with and keeps. None: nothing was sent yet, or it is not known."""
    reported_prompt_prefix: PromptPrefix | None = None
    """The agent's prompt prefix as last reported to the model by a change notice. None: the initial one."""
    container: Container | None = None
    """The container in which the API runs code for it. None: it has none."""

    @classmethod
    def from_json_or_messages(cls, given: object) -> SavedConversation:
        """Read the JSON of `Conversation.save`, or a list of messages. Raises UsageError with the reason."""
        if isinstance(given, Mapping):
            return _read_saved_json(cast("JSONObject", given))
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
            "offer": _prefix_to_text(self.initial_prompt_prefix),
            "told": _prefix_to_text(self.reported_prompt_prefix),
            "messages": [message.encoded.decode() for message in self.messages],
            "container": None if self.container is None else self.container.to_json(),
        }


def _prefix_to_text(prompt_prefix: PromptPrefix | None) -> str:
    return "" if prompt_prefix is None else encode(prompt_prefix.to_json()).decode()


def _read_saved_json(given: JSONObject) -> SavedConversation:
    if "format" not in given:
        raise UsageError("This is not what `save()` gave: it has no `format`. One message goes into a list.")
    if given["format"] != FORMAT:
        raise UsageError(
            f"This conversation was saved in format {given['format']!r}, and this version of agentkit reads {FORMAT}."
        )
    texts = given.get("messages")
    wrong = next((name for name in _TEXT_KEYS if not isinstance(given.get(name), str)), None)
    if wrong or not isinstance(texts, list):
        raise UsageError(f"The saved conversation lacks its `{wrong or 'messages'}`, or has something else there.")
    messages = (_message_from_text(text, f"messages[{i}]") for i, text in enumerate(cast("list[object]", texts)))
    return SavedConversation(
        tuple(message for message in messages if message is not None),
        given["agent"],
        given["model"],
        _prefix_from_text(given, "offer"),
        _prefix_from_text(given, "told"),
        Container.from_api(given.get("container")),
    )


def _message_from_text(text: object, place: str) -> Message | None:
    """Return a message with the bytes that were saved. None: it is blank, so that the API would refuse it."""
    given = _parse_object(text, place)
    read = read_message(given, place)
    is_same = read is not None and read.content == given["content"]
    return replace(read, encoded=str(text).encode()) if read is not None and is_same else read


def _prefix_from_text(given: JSONObject, name: str) -> PromptPrefix | None:
    if not given[name]:
        return None
    try:
        return PromptPrefix.from_json(_parse_object(given[name], name))
    except TypeError as error:
        raise UsageError(f"The saved conversation's `{name}` is not as it was saved: {error}.") from error


def _parse_object(text: object, place: str) -> JSONObject:
    try:
        value: object = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise UsageError(f"The saved conversation's `{place}` is not the text that was saved.")
    return cast("JSONObject", value)
