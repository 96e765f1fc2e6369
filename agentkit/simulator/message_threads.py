"""Message threads: the server holds a conversation, and later requests send only the new messages.

A request with `thread: {"type": "create"}` is stored under the id of its reply; `{"type": "continue",
"previous_message_id": ...}` continues from that reply, which is possible once. Stored are `system`, `tools`, the
messages and the reply, on which the SDK's tool runner relies.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from agentkit.messages.message import Block, JSONObject
from agentkit.simulator.model_behavior.thinking_signatures import content_digest
from agentkit.simulator.rules.refusal import APPROXIMATE, Edition, Refusal, coded_refusal

_BETA = "message-threads-2026-08-12"
_UNSUPPORTED = ("cache_control", "context_management", "fallbacks")
_FIXED_FIELDS = ("system", "tools")


@dataclass(slots=True)
class _StoredThread:
    """A conversation up to and including one reply."""

    head: JSONObject
    """`system` and `tools`."""
    messages: list[JSONObject]
    state: str = "open"
    """`open`, `in flight` or `continued`."""


@dataclass(slots=True)
class MessageThreads:
    """The conversations that one server holds."""

    _stored: dict[str, _StoredThread] = field(default_factory=dict[str, _StoredThread])

    def with_stored_messages(self, body: JSONObject, edition: Edition) -> JSONObject | Refusal:
        """Return the request with the stored conversation put in front of its messages, or the refusal of its `thread`.

        A request that does not continue a thread is returned as it is.
        """
        if "thread" not in body:
            return body
        if _BETA not in edition.betas:
            return Refusal(400, "invalid_request_error", APPROXIMATE["extra"].format(field="thread"))
        thread: object = body["thread"]
        if thread is None:
            return body
        unsupported = [name for name in _UNSUPPORTED if body.get(name) is not None]
        if unsupported:
            text = APPROXIMATE["thread unsupported"].format(what=", ".join(unsupported))
            return coded_refusal("thread_unsupported_request", text, unsupported=unsupported)
        kind = cast("JSONObject", thread).get("type") if isinstance(thread, dict) else None
        if kind == "create":
            return body
        previous = cast("JSONObject", thread).get("previous_message_id") if isinstance(thread, dict) else None
        if kind != "continue" or not isinstance(previous, str):
            return Refusal(400, "invalid_request_error", "thread: Input should be a thread to create or to continue")
        return self._continue_thread(body, previous)

    def _continue_thread(self, body: JSONObject, previous: str) -> JSONObject | Refusal:
        stored = self._stored.get(previous)
        if stored is None:
            text = APPROXIMATE["thread missing"].format(id=previous)
            return coded_refusal("thread_not_found", text, status=404, kind="not_found_error")
        if stored.state == "in flight":
            return coded_refusal("thread_continue_in_flight", APPROXIMATE["thread in flight"].format(id=previous))
        if stored.state == "continued":
            return coded_refusal("thread_already_continued", APPROXIMATE["thread continued"].format(id=previous))
        changed = [
            name
            for name in _FIXED_FIELDS
            if name in body and content_digest(body[name]) != content_digest(stored.head.get(name))
        ]
        if changed:
            text = APPROXIMATE["thread changed"].format(fields=", ".join(changed))
            return coded_refusal("thread_fingerprint_mismatch", text)
        if not isinstance(body.get("messages"), list):
            return body  # the rules refuse it with the right text
        return {**body, **stored.head, "messages": [*stored.messages, *body["messages"]]}

    def mark_in_flight(self, body: JSONObject) -> None:
        """Mark the thread that a request continues as in flight."""
        if previous := _previous_message_id(body):
            self._stored[previous].state = "in flight"

    def store_reply(
        self, body: JSONObject, full_body: JSONObject, message_id: str, content: list[Block] | None
    ) -> None:
        """Store the conversation with its reply, and release the thread that the request continued.

        Args:
            body: The request as it was sent.
            full_body: The request with the whole conversation.
            message_id: The id of the reply.
            content: The blocks of the reply. None: the request failed, and the thread can be continued again.
        """
        if previous := _previous_message_id(body):
            self._stored[previous].state = "open" if content is None else "continued"
        if content is not None and body.get("thread"):
            head = {name: full_body[name] for name in _FIXED_FIELDS if name in full_body}
            reply: list[JSONObject] = [{"role": "assistant", "content": content}] if content else []
            self._stored[message_id] = _StoredThread(head, [*full_body["messages"], *reply])


def _previous_message_id(body: JSONObject) -> str | None:
    thread: JSONObject = body.get("thread") or {}
    return cast("str | None", thread.get("previous_message_id"))
