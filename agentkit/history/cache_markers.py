"""The cache markers of a request: where they are placed, and how many there may be.

- One at the end of the prompt prefix, so that other conversations with this prefix read it from the prompt cache.
- One at the end of the request, as its body field `cache_control` (see `Settings.options`); it is left out where the
  markers that the user has placed leave no room for it.
- One on the first block of a long message, so that the server finds the prefix that was cached before it.
- Those that the user, a tool or an earlier conversation has placed, as far as there is room.

A marker with a lifetime of an hour may not follow one of five minutes: it gets the shorter one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from agentkit.budget.model_limits import ModelLimits, model_limits_of
from agentkit.messages.message import Message, cache_markers_of, with_cache_marker

if TYPE_CHECKING:
    from agentkit.messages.message import Block, JSONObject
    from agentkit.messages.request import EncodedPrefix, PromptPrefix

CACHE_LOOKBACK_BLOCKS = 20
"""Blocks that the server looks back from a cache marker for a cached prefix. Source: prompt caching guide."""
MAX_CACHE_MARKERS = 4
"""The most cache markers of a request, the one for its end included. Source: prompt caching guide."""


def with_prefix_marker(prompt_prefix: PromptPrefix, marker: JSONObject | None, model: str) -> PromptPrefix:
    """Return the prefix with a cache marker at its end, if it is long enough for the model's prompt cache."""
    limits, encoded = model_limits_of(model) or ModelLimits(), prompt_prefix.encoded_prefix
    # A token is nearly always three bytes or more; a marker on too short a prefix costs nothing.
    if marker is None or encoded.markers or len(encoded.encoded) < 3 * limits.min_cacheable_tokens:
        return prompt_prefix
    return replace(prompt_prefix, marker=marker)


@dataclass(slots=True)
class CacheMarkers:
    """The cache markers in the requests of one run, whose messages are only appended."""

    marker: JSONObject | None
    """The API's `cache_control` for this run. None: no prompt cache."""
    _searched_messages: int = field(default=0, init=False)
    _found_markers: int = field(default=0, init=False)
    """The number of markers in the messages that were searched."""

    def end_marker(self, given: JSONObject, prefix: EncodedPrefix, messages: Sequence[Message]) -> JSONObject | None:
        """Return the marker for the end of a request with others, for which it has room. None: it needs none.

        Args:
            given: The marker that the settings ask for.
            prefix: The prompt prefix.
            messages: All messages of the request.
        """
        last = messages[-1].content if messages and messages[-1].markers else ""
        if isinstance(last, list) and last[-1].get("cache_control") is not None:
            return None  # it has one already, and two lifetimes in one place are refused
        return _fitting_lifetime(given, prefix, messages)

    def with_message_marker(
        self, blocks: list[Block], prefix: EncodedPrefix, messages: Sequence[Message]
    ) -> list[Block]:
        """Return the blocks of a long message with a marker on the first; those of other messages as they are.

        From the marker at the end of the request the server looks back over 20 blocks only (a series of tool results
        counts as one), so in a long message it would not find the prefix that was cached before it.

        Args:
            blocks: The content of the next message.
            prefix: The prompt prefix.
            messages: The messages before it.
        """
        if self.marker is None or not messages:
            return blocks
        is_long = sum(block["type"] != "tool_result" for block in blocks) >= CACHE_LOOKBACK_BLOCKS
        is_free = not any("cache_control" in block for block in blocks)
        has_room = is_long and is_free and self.count(prefix, messages) < MAX_CACHE_MARKERS - 1
        return with_cache_marker(blocks, 0, _fitting_lifetime(self.marker, prefix, messages)) if has_room else blocks

    def fit_message(self, message: Message, prefix: EncodedPrefix, messages: Sequence[Message]) -> Message:
        """Return the next message with as many of its markers as the request has room for, the first ones.

        The first message with markers may use all the room. Later ones leave a place for the marker at the end of the
        request, without which nothing behind the last of them would be cached any more.

        Args:
            message: The next message.
            prefix: The prompt prefix.
            messages: The messages before it.
        """
        before = self.count(prefix, messages)
        kept_free = int(self.marker is not None and before > prefix.markers)
        room = max(0, MAX_CACHE_MARKERS - kept_free - before)
        return _MarkerFitting(0, room, _has_short_marker(prefix, messages)).fit(message)

    def forget_messages(self) -> None:
        """Search all messages again: they were replaced."""
        self._searched_messages = self._found_markers = 0

    def count(self, prefix: EncodedPrefix, messages: Sequence[Message]) -> int:
        """Return the number of markers in prefix and messages; only new messages are searched."""
        self._found_markers += sum([message.markers for message in messages[self._searched_messages :]])
        self._searched_messages = len(messages)
        return prefix.markers + self._found_markers


def fit_messages(messages: Sequence[Message], prefix: EncodedPrefix) -> list[Message]:
    """Return the messages of an earlier conversation with as many markers as a request may have, the last ones."""
    count, room = sum([message.markers for message in messages]), MAX_CACHE_MARKERS - prefix.markers
    fitting = _MarkerFitting(max(0, count - room), max(0, room), bool(count) and _has_short_marker(prefix, ()))
    return [fitting.fit(message) if message.markers else message for message in messages]


@dataclass(slots=True)
class _MarkerFitting:
    """Leaves out markers for which there is no room, and shortens lifetimes that the API would refuse."""

    skipped: int
    """The number of markers to leave out first."""
    room: int
    """The number of markers to keep after that."""
    has_short: bool
    """True behind a marker of five minutes."""

    def fit(self, message: Message) -> Message:
        """Return the next message with the markers that fit; the same object if all do."""
        if isinstance(message.content, str):
            return message
        blocks = self._fit_blocks(message.content)
        return message if blocks == message.content else Message.of(message.role, blocks)

    def _fit_blocks(self, blocks: Sequence[Block]) -> list[Block]:
        fitted: list[Block] = []
        for block in blocks:
            inner: object = block.get("content") if block["type"] == "tool_result" else None
            more: Block = {"content": self._fit_blocks(cast("list[Block]", inner))} if isinstance(inner, list) else {}
            marker: JSONObject | None = block.get("cache_control")
            if marker is None:
                fitted.append({**block, **more})
                continue
            own = {name: value for name, value in block.items() if name != "cache_control"}
            is_kept = not self.skipped and self.room > 0
            if is_kept:
                more["cache_control"] = _short_marker(marker) if self.has_short else marker
                self.room -= 1
                self.has_short = self.has_short or not _is_long(marker)
            self.skipped = max(0, self.skipped - 1)
            fitted.append({**own, **more})
        return fitted


def _is_long(marker: object) -> bool:
    """Return True for a marker of an hour. One that is no dictionary goes to the API as it is, which refuses it."""
    return isinstance(marker, dict) and cast("JSONObject", marker).get("ttl") == "1h"


def _short_marker(marker: JSONObject) -> JSONObject:
    return {name: value for name, value in marker.items() if name != "ttl"} if _is_long(marker) else marker


def _fitting_lifetime(marker: JSONObject, prefix: EncodedPrefix, messages: Sequence[Message]) -> JSONObject:
    return _short_marker(marker) if _is_long(marker) and _has_short_marker(prefix, messages) else marker


def _has_short_marker(prefix: EncodedPrefix, messages: Sequence[Message]) -> bool:
    """True if a marker with the shorter lifetime stands in prefix or messages: none with a longer one may follow."""
    marked = [message.content for message in messages if message.markers and not isinstance(message.content, str)]
    if prefix.markers:
        system = prefix.system
        marked += [list(prefix.tools), *([] if system is None or isinstance(system, str) else [system])]
    return any(not _is_long(marker) for blocks in marked for marker in cache_markers_of(blocks))
