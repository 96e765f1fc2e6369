"""The bytes of a conversation's messages for its requests: each message is joined with those before it once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentkit.messages.message import Message

MAX_PIECE_BYTES = 60 * 1024
"""The most bytes of messages that are joined to one piece; larger messages are pieces of their own, not copied."""


class JoinedMessages:
    """The bytes of messages in pieces, of which only the last one grows with the conversation."""

    __slots__ = ("_last", "_last_bytes", "_messages", "_pieces", "_read")

    def __init__(self) -> None:
        self._messages: Sequence[Message] = ()
        self._read = 0
        """The number of these messages whose bytes are there."""
        self._pieces: tuple[bytes, ...] = ()
        """All pieces but the last one."""
        self._last: list[bytes] = []
        """The parts of the last one."""
        self._last_bytes = 0

    def pieces_of(self, messages: Sequence[Message]) -> tuple[bytes, ...]:
        """Return the bytes of all messages, with commas between them.

        Args:
            messages: The messages. The same list as before was only appended to; in another one they were replaced.
        """
        if messages is not self._messages:
            self._messages, self._read, self._pieces, self._last, self._last_bytes = messages, 0, (), [], 0
        for message in messages[self._read :]:
            self._append(message.encoded)
        if not self._last:
            return self._pieces
        if len(self._last) > 1:
            self._last = [b"".join(self._last)]
        return (*self._pieces, self._last[0])

    def _append(self, encoded: bytes) -> None:
        if self._read:
            self._last.append(b",")
        self._read += 1
        if self._last_bytes + len(encoded) > MAX_PIECE_BYTES:
            self._pieces += (b"".join(self._last),)
            self._last, self._last_bytes = [], 0
        if len(encoded) > MAX_PIECE_BYTES:
            self._pieces += (encoded,)
        else:
            self._last.append(encoded)
            self._last_bytes += len(encoded) + 1
