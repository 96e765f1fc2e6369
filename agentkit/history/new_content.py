"""The part of a conversation that no reply has followed yet: replaced or taken back where the API refuses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from agentkit.history.open_calls import unanswered_start
from agentkit.history.refused_content import RefusedContent, is_about_content, names_message_behind
from agentkit.messages.media_files import MAX_REQUEST_BYTES

if TYPE_CHECKING:
    from agentkit.history.cache_markers import CacheMarkers
    from agentkit.history.transcript import Checkpoint, Transcript
    from agentkit.messages.message import Message

MAX_NEW_BYTES = MAX_REQUEST_BYTES // 2
"""New content of more bytes than this is what makes a request too large, and not the conversation before it."""


@dataclass(slots=True)
class NewContent:
    """The end of a run's transcript, from the model's last reply on."""

    _transcript: Transcript
    _markers: CacheMarkers
    checkpoint: Checkpoint | None
    """The transcript before the prompt. None: the model has replied, so the prompt is not taken back any more."""
    refused: RefusedContent | None = field(default=None, init=False)
    """The tries to replace refused content. None: nothing was refused since the last reply."""

    @property
    def is_large(self) -> bool:
        """True if it is what makes a request too large, and not the conversation before it."""
        messages = self._transcript.messages
        return sum(len(message.encoded) for message in messages[unanswered_start(messages) :]) > MAX_NEW_BYTES

    def replace_refused(self, text: str, redact: Callable[[str], str], *, is_too_large: bool = False) -> str | None:
        """Replace the content that a refusal with this text is about.

        Args:
            text: The text of the refusal.
            redact: Removes secrets from it.
            is_too_large: True if the request was refused for its bytes.

        Returns:
            The replaced content in a few words. None: nothing is replaced, or not any more.
        """
        messages = self._transcript.messages
        start = unanswered_start(messages)
        # What this run's caller says is never changed, but taken back as a whole.
        stop = len(messages) if self.checkpoint is None else min(len(self.checkpoint.messages), len(messages))
        refused = self.refused = self.refused or RefusedContent()
        changed = refused.next_try(messages, range(start, stop), text, redact, is_too_large=is_too_large)
        self._transcript.messages = [*messages[:start], *changed[start:]]
        self._markers.forget_messages()
        return refused.replaced or None

    def take_back_prompt(self, text: str) -> str:
        """Take the prompt back that was refused with this text; the conversation is as before it.

        Prompts before it without a reply go with it if they may be the reason.

        Returns:
            A sentence that says so. Empty: the model has replied since, so the prompt was not what is refused.
        """
        if self.checkpoint is None:
            return ""
        checkpoint, self.checkpoint = self.checkpoint, None
        messages = list(checkpoint.messages)
        if is_about_content(text) and not names_message_behind(text, len(messages)):
            while messages and messages[-1].role == "user" and not _has_results(messages[-1]):
                messages.pop()
        count = len(checkpoint.messages) - len(messages)
        self._transcript.restore(replace(checkpoint, messages=tuple(messages)))
        self._markers.forget_messages()
        if not count:
            return "The message was taken back."
        return f"The message was taken back, and {count} before it that had no reply."


def _has_results(message: Message) -> bool:
    return not isinstance(message.content, str) and any(block["type"] == "tool_result" for block in message.content)
