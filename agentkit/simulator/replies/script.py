"""A scripted responder for tests: replies one after another, or a function of the request."""

from __future__ import annotations

import inspect
import json
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

from agentkit.errors import DefinitionError
from agentkit.simulator.replies.reply import Reply
from agentkit.simulator.replies.responder import UnexpectedRequest
from agentkit.simulator.replies.written import written_value

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

ReplyFunction: TypeAlias = "Callable[[JSONObject], Reply | Awaitable[Reply]]"
"""A function from the request to its reply, async or not: for trees of agents, whose requests arrive in any order."""

_SHOWN_CHARS = 300
_lock = threading.Lock()
"""Held while a reply is chosen: requests may come from several threads."""


class Script:
    """A responder that gives its replies in the order in which requests arrive, or those of a single function.

    Args:
        replies: One reply a request, or a single function of the request.
    """

    def __init__(self, *replies: Reply | ReplyFunction) -> None:
        for reply in replies:
            _check_reply(reply)
        self._replies: Sequence[Reply | ReplyFunction] = replies
        self._is_function = len(replies) == 1 and callable(replies[0])
        self._used = 0
        self.problems: list[str] = []
        """One text for each request that came when all replies were used, in their order."""

    async def answer(self, request: JSONObject) -> Reply:
        """Return the reply to a request; see `Responder.answer`. Raises TypeError when a function returns no Reply."""
        reply = self._replies[0] if self._is_function else self._next_reply(request)
        said = cast("object", reply(request) if callable(reply) else reply)
        if inspect.isawaitable(said):
            said = cast("object", await said)
        if not isinstance(said, Reply):
            raise TypeError(f"a script is made of Reply objects and functions that return one, not {said!r}")
        return said

    def _next_reply(self, request: JSONObject) -> Reply | ReplyFunction:
        with _lock:
            if self._used < len(self._replies):
                self._used += 1
                return self._replies[self._used - 1]
            problem = f"Request {self._used + 1 + len(self.problems)} was not expected: the script has "
            count = len(self._replies)
            problem += f"{count} {'reply' if count == 1 else 'replies'}, all used.\n{describe_request(request)}"
            self.problems.append(problem)
        raise UnexpectedRequest(problem)

    def unused(self) -> list[str]:
        """Describe the replies that no request got."""
        if self._is_function:
            return []
        return [f"- reply {i + 1}: {_shorten(reply)}" for i, reply in enumerate(self._replies) if i >= self._used]


def _check_reply(reply: object) -> None:
    """Raise DefinitionError for what is neither a reply nor a function that returns one."""
    if isinstance(reply, type):
        raise DefinitionError(f"A script takes replies, not the class {reply.__name__}: `Reply.text(...)`.")
    if isinstance(reply, Reply) or callable(reply):
        return
    if isinstance(reply, list | tuple):
        raise DefinitionError("A script takes its replies one by one, not as a list: unpack it, `*replies`.")
    hint = f"`Reply.text({reply!r})`" if isinstance(reply, str) else "`Reply.text(...)`"
    raise DefinitionError(f"A script takes replies and functions that return one, not {reply!r}: {hint}.")


def describe_request(request: JSONObject) -> str:
    """Describe a request in short: its model, its tools, and its last message."""
    tools = ", ".join(tool.get("name", "?") for tool in request.get("tools") or ()) or "none"
    lines = [
        f"  model: {request.get('model')}",
        f"  tools: {tools}",
        f"  messages: {len(request['messages'])}, the last:",
    ]
    last = request["messages"][-1]
    content = last["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return "\n".join([*lines, *(f"    {last['role']} {_shorten(block)}" for block in blocks)])


def _shorten(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else written_value(value)
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "..."
