"""The hash of a request, chained over its messages: of a longer conversation only what is new is hashed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentkit.messages.message import Message
    from agentkit.messages.request import Request


@dataclass(slots=True)
class RequestHasher:
    """Hashes the requests of one run: prompt prefix and messages, without the options, which may differ."""

    _prefix: bytes = b""
    _messages: list[Message] = field(default_factory=list["Message"])
    """The messages that were hashed last."""
    _chain: list[str] = field(default_factory=list[str])
    """The hash of the conversation up to each of them."""

    def hash_of(self, request: Request) -> str:
        """Return the SHA-256 of a request, in hexadecimal digits."""
        if request.prefix.encoded != self._prefix:
            self._prefix, self._messages, self._chain = request.prefix.encoded, [], []
        kept = self._count_same(request.messages)
        del self._messages[kept:], self._chain[kept:]
        for message in request.messages[kept:]:
            before = self._chain[-1].encode() if self._chain else hashlib.sha256(self._prefix).digest()
            self._messages.append(message)
            self._chain.append(hashlib.sha256(before + message.encoded).hexdigest())
        return self._chain[-1] if self._chain else hashlib.sha256(self._prefix).hexdigest()

    def _count_same(self, messages: Sequence[Message]) -> int:
        """Return how many messages at the beginning are those that were hashed: mostly all but the last two."""
        count = 0
        for known, message in zip(self._messages, messages, strict=False):
            if known is not message:
                break
            count += 1
        return count


def conversation_hash(messages: Sequence[Message]) -> str:
    """Return the SHA-256 of the messages of a conversation. Empty: there are none."""
    chain = ""
    for message in messages:
        chain = hashlib.sha256(chain.encode() + message.encoded).hexdigest()
    return chain
