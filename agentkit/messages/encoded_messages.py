"""The messages of a request with their bytes: of a conversation that grows, each message is joined once.

Between two requests of a run nothing is copied, nor looked at, but the messages that are new.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import cast, overload

from agentkit.messages.message import Message

MAX_PIECE_BYTES = 60 * 1024
"""The most bytes of messages that are joined to one piece; larger messages are pieces of their own, not copied."""


class EncodedMessages(Sequence[Message]):
    """The messages of a request: the first ones of a list that is only ever appended to.

    Args:
        messages: The list.
        pieces: The bytes of all messages in it, with commas between them.
    """

    __slots__ = ("_count", "_messages", "pieces")

    def __init__(self, messages: Sequence[Message], pieces: Sequence[bytes]) -> None:
        self._messages = messages
        self._count = len(messages)
        self.pieces = pieces
        """The bytes of the messages, with commas between them."""

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Message]:
        return islice(self._messages, self._count)

    @overload
    def __getitem__(self, at: int) -> Message: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Message]: ...
    def __getitem__(self, at: int | slice) -> Message | Sequence[Message]:
        if isinstance(at, slice):
            start, stop, step = at.indices(self._count)
            return tuple(self._messages[start:stop:step]) if step > 0 else tuple(self)[at]
        return self._messages[range(self._count)[at]]

    def __eq__(self, other: object) -> bool:
        is_sequence = isinstance(other, tuple | list | EncodedMessages)
        return is_sequence and tuple(self) == tuple(cast("Sequence[object]", other))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


class MessageJoiner:
    """Joins the bytes of messages in pieces, of which only the last one grows with the conversation."""

    __slots__ = ("_joined", "_last", "_last_bytes", "_messages", "_pieces")

    def __init__(self) -> None:
        self._messages: Sequence[Message] = ()
        self._joined = 0
        """The number of these messages that are joined."""
        self._pieces: tuple[bytes, ...] = ()
        """All pieces but the last one."""
        self._last: list[bytes] = []
        """The parts of the last one."""
        self._last_bytes = 0

    def encoded(self, messages: Sequence[Message]) -> EncodedMessages:
        """Return the messages as they are now, with their bytes.

        Args:
            messages: The messages. The same list as before was only appended to; in another one they were replaced.
        """
        if messages is not self._messages:
            self._messages, self._joined, self._pieces, self._last, self._last_bytes = messages, 0, (), [], 0
        for message in messages[self._joined :]:
            self._append(message.encoded)
        if len(self._last) > 1:
            self._last = [b"".join(self._last)]
        return EncodedMessages(messages, (*self._pieces, *self._last))

    def _append(self, encoded: bytes) -> None:
        if self._joined:
            self._last.append(b",")
        self._joined += 1
        if self._last_bytes + len(encoded) > MAX_PIECE_BYTES:
            self._pieces += (b"".join(self._last),)
            self._last, self._last_bytes = [], 0
        if len(encoded) > MAX_PIECE_BYTES:
            self._pieces += (encoded,)
        else:
            self._last.append(encoded)
            self._last_bytes += len(encoded) + 1
