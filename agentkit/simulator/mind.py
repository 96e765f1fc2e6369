"""Who decides what the local Messages API answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.simulator.reply import Reply


class Mind(Protocol):
    """Answers requests that have passed the rules."""

    async def answer(self, request: JSONObject) -> Reply:
        """The reply to one request, given as the parsed body.

        Raises UnexpectedRequest for one that it has no answer to; the client then sees a server error.
        """
        ...


class UnexpectedRequest(Exception):
    """A mind has no answer to a request; the text says why."""
