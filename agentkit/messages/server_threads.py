"""Message threads: a conversation that the server holds, so that a request sends only the new messages.

Each reply can be continued once, and only by the messages that follow it. Wherever that is not certain, the whole
conversation is sent, and a new thread is created.
"""

from __future__ import annotations

from dataclasses import dataclass

THREADS_BETA = "message-threads-2026-08-12"
"""The value of the `anthropic-beta` header for message threads."""
FIELDS_REFUSED_WITH_THREADS = ("cache_control", "context_management", "fallbacks")
"""Body fields that the API refuses beside `thread`."""


@dataclass(frozen=True, slots=True)
class ServerThread:
    """A message thread: the part of a conversation that the server holds."""

    after: str = ""
    """The id of the last reply in it. Empty: the next request creates the thread."""
    messages: int = 0
    """The number of messages that the server holds, up to and with that reply."""
    is_second: bool = False
    """True if it replaces a thread that the server refused to continue."""

    def with_reply(self, reply_id: str, messages: int) -> ServerThread:
        """Return the thread after one more reply, with which it has so many messages."""
        return ServerThread(reply_id, messages, is_second=self.is_second and not self.after)

    def after_refusal(self) -> ServerThread | None:
        """Return the thread to try after a refusal: a new one. None: no thread, as a new one was refused as well."""
        return ServerThread(is_second=True) if self.after and not self.is_second else None

    def to_dict(self) -> dict[str, str]:
        """Return the `thread` field of a request."""
        return {"type": "continue", "previous_message_id": self.after} if self.after else {"type": "create"}


NEW_THREAD = ServerThread()
"""A thread that the next request creates."""
