"""The interface of a responder, which supplies the replies of the local Messages API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.simulator.replies.reply import Reply


class Responder(Protocol):
    """Supplies the reply to each request that has passed the rules: a `Script`, the offline responder, or your own."""

    async def answer(self, request: JSONObject) -> Reply:
        """Return the reply to one request.

        Args:
            request: The parsed body, with the whole conversation.

        Raises:
            UnexpectedRequest: There is no reply to this request; the client gets status 400 with the exception's text.
        """
        ...


Mind = Responder
"""The first name of `Responder`, kept for code that imports it."""


class UnexpectedRequest(Exception):
    """A responder has no reply to a request; the text says why."""
