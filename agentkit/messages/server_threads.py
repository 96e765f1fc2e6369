"""Message threads: a conversation that the server holds, so that a request sends only what is new.

Each reply can be gone on from once, and only by what was said after it. Wherever that is not certain, the conversation
is sent whole, and a new thread begins.
"""

from __future__ import annotations

from dataclasses import dataclass

BETA = "message-threads-2026-08-12"
"""The `anthropic-beta` value for it."""
NOT_WITH_THREADS = ("cache_control", "context_management", "fallbacks")
"""Body fields that the API refuses beside `thread`."""


@dataclass(frozen=True, slots=True)
class Thread:
    """What the server holds of a conversation."""

    after: str = ""
    """The id of the last reply in it. Empty: the server has nothing yet, and is asked to hold it from now on."""
    messages: int = 0
    """How many messages the server has, that reply the last of them."""
    is_second: bool = False
    """Whether it takes the place of one with which the server would not go on."""

    def with_reply(self, reply_id: str, messages: int) -> Thread:
        """The thread after one more reply, with which it has so many messages."""
        return Thread(reply_id, messages, is_second=self.is_second and not self.after)

    def refused(self) -> Thread | None:
        """What to try when the server refuses it: a new one, but none where a new one was of no use."""
        return Thread(is_second=True) if self.after and not self.is_second else None

    def to_dict(self) -> dict[str, str]:
        """The `thread` field of a request."""
        return {"type": "continue", "previous_message_id": self.after} if self.after else {"type": "create"}
