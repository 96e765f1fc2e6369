"""The exchange of one run in its conversation: where a guardrail blocks it, it is forgotten, or gets another reply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.history.open_calls import unanswered_start
from agentkit.messages.message import Message, text_block, user

if TYPE_CHECKING:
    from agentkit.history.transcript import Checkpoint, Transcript
    from agentkit.messages.message import Content

BLOCKED_REPLY = "[This message was blocked, and not answered.]"
"""The reply to a message that is kept without one: the next reply must not answer it."""
WITHHELD_REPLY = "[This reply was not checked to the end, and not shown.]"
"""The reply that stands for one which is not kept."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The messages that one run adds to its conversation. Made before the first request."""

    transcript: Transcript
    start: Checkpoint
    """The conversation before the run."""
    opened: tuple[Message, ...]
    """Its messages once every call in them has a result, which the prompt may bring."""
    prompt: Content
    """The prompt, as it is sent."""

    @classmethod
    def begin(cls, transcript: Transcript, start: Checkpoint, prompt: Content) -> Exchange:
        """Return the exchange of a run that begins with this prompt."""
        rest = prompt if isinstance(prompt, str) else [one for one in prompt if one.get("type") != "tool_result"]
        return cls(transcript, start, tuple(transcript.messages), rest)

    @property
    def new_content(self) -> list[Content]:
        """The messages that no reply has followed yet, and the prompt."""
        before = self.opened[unanswered_start(self.opened) :]
        return [*(message.content for message in before), self.prompt]

    @property
    def last_reply(self) -> Message | None:
        """The last reply in the conversation. None: there is none."""
        return next((one for one in reversed(self.transcript.messages) if one.role == "assistant"), None)

    def withhold_last_reply(self) -> None:
        """Forget the last reply, with all parts of a paused one, and the results of calls in it."""
        messages = [*self.transcript.messages]
        while messages and messages[-1].role != "assistant":
            messages.pop()
        while messages and messages[-1].role == "assistant":
            messages.pop()
        self.transcript.replace_messages([*messages, Message.of("assistant", [text_block(WITHHELD_REPLY)])])

    def forget(self) -> None:
        """Take it back as a whole: the conversation is as before the run."""
        self.transcript.restore(self.start)

    def keep_prompt(self, reply: str) -> None:
        """Keep the prompt alone, with this reply."""
        self.forget()
        if not self.prompt:
            return
        answer = Message.of("assistant", [text_block(reply.strip() or BLOCKED_REPLY)])
        self.transcript.replace_messages([*self.opened, user(self.prompt), answer])
