"""The cache markers of a request: where they are placed, and how many there may be.

- One at the end of the prompt prefix, so that other conversations with this prefix read it from the prompt cache.
- One at the end of the request, as its body field `cache_control` (see `Settings.options`); it is left out where the
  markers that the user has placed leave no room for it.
- One on the first block of a long message, so that the server finds the prefix that was cached before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from agentkit.budget.model_limits import ModelLimits, model_limits_of
from agentkit.messages.message import with_cache_marker

if TYPE_CHECKING:
    from agentkit.messages.message import Block, JSONObject, Message
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
        return with_cache_marker(blocks, 0, self.marker) if has_room else blocks

    def forget_messages(self) -> None:
        """Search all messages again: they were replaced."""
        self._searched_messages = self._found_markers = 0

    def count(self, prefix: EncodedPrefix, messages: Sequence[Message]) -> int:
        """Return the number of markers in prefix and messages; only new messages are searched."""
        self._found_markers += sum(message.markers for message in messages[self._searched_messages :])
        self._searched_messages = len(messages)
        return prefix.markers + self._found_markers
