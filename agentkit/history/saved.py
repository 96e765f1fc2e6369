"""A conversation saved as JSON, to be continued later, in this process or another one.

Prompt prefixes are saved as text, byte for byte as they are sent: a database that sorts the keys of JSON objects would
change them. Messages are saved as dictionaries, and as text where their bytes need it: see `saved_messages.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from agentkit.errors import UsageError
from agentkit.history.read_messages import read_messages
from agentkit.history.saved_messages import message_from_text, messages_from_json, messages_to_json, parse_object
from agentkit.messages.container import Container
from agentkit.messages.message import JSONObject, Message, encode
from agentkit.messages.request import PromptPrefix

FORMAT = 2
"""Version of the saved JSON; increased when older versions of this package cannot read it any more."""
_TEXTS_FORMAT = 1
"""The version in which each message was a text."""

_TEXT_KEYS = ("agent", "model", "offer", "told")  # the last two hold prompt prefixes


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
        messages, exact = messages_to_json(self.messages)
        return {
            "format": FORMAT,
            "agent": self.agent,
            "model": self.model,
            "offer": _prefix_to_text(self.initial_prompt_prefix),
            "told": _prefix_to_text(self.reported_prompt_prefix),
            "messages": messages,
            "exact": exact,
            "container": None if self.container is None else self.container.to_json(),
        }


def _prefix_to_text(prompt_prefix: PromptPrefix | None) -> str:
    return "" if prompt_prefix is None else encode(prompt_prefix.to_json()).decode()


def _read_saved_json(given: JSONObject) -> SavedConversation:
    if "format" not in given:
        raise UsageError("This is not what `save()` gave: it has no `format`. One message goes into a list.")
    if given["format"] not in (_TEXTS_FORMAT, FORMAT):
        raise UsageError(
            f"This conversation was saved in format {given['format']!r}, and this version of agentkit reads {FORMAT} "
            f"and {_TEXTS_FORMAT}."
        )
    wrong = next((name for name in _TEXT_KEYS if not isinstance(given.get(name), str)), None)
    if wrong is not None:
        raise _missing_error(wrong)
    return SavedConversation(
        _read_saved_messages(given),
        given["agent"],
        given["model"],
        _prefix_from_text(given, "offer"),
        _prefix_from_text(given, "told"),
        Container.from_api(given.get("container")),
    )


def _read_saved_messages(given: JSONObject) -> tuple[Message, ...]:
    shown: object = given.get("messages")
    if not isinstance(shown, list):
        raise _missing_error("messages")
    saved = cast("list[object]", shown)
    if given["format"] == _TEXTS_FORMAT:
        found = (message_from_text(text, f"messages[{i}]") for i, text in enumerate(saved))
        return tuple(message for message in found if message is not None)
    exact: object = given.get("exact")
    if not isinstance(exact, Mapping):
        raise _missing_error("exact")
    return messages_from_json(saved, cast("Mapping[str, object]", exact))


def _missing_error(name: str) -> UsageError:
    return UsageError(f"The saved conversation lacks its `{name}`, or has something else there.")


def _prefix_from_text(given: JSONObject, name: str) -> PromptPrefix | None:
    if not given[name]:
        return None
    try:
        return PromptPrefix.from_json(parse_object(given[name], name))
    except TypeError as error:
        raise UsageError(f"The saved conversation's `{name}` is not as it was saved: {error}.") from error
