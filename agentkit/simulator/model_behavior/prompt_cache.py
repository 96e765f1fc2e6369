"""Token counts and the prompt cache, as `usage` reports them.

A token is estimated as four bytes of content, pictures and PDFs by what they show. The cache holds hashes of prompt
prefixes in the order in which the API renders a prompt: tools, then system, then the messages block by block, without
cache markers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import cast

from agentkit.messages.message import Content, JSONObject, encode
from agentkit.simulator.model_behavior.media_tokens import media_in, media_tokens
from agentkit.simulator.model_behavior.models import ModelFacts, find_model_facts
from agentkit.simulator.model_behavior.thinking_signatures import without_cache_markers

BYTES_PER_TOKEN = 4
"""The estimate of a token's length, in bytes of JSON."""
_LOOKBACK_BLOCKS = 20
_RUN_TYPES = ("tool_use", "tool_result")
_NOT_CACHEABLE = ("thinking", "redacted_thinking")


@dataclass(frozen=True, slots=True)
class _PrefixPosition:
    """The prompt prefix up to and including one block."""

    prefix: str
    """The hash of the prefix."""
    tokens: int
    """The length of the prefix."""
    marker: JSONObject | None
    """The `cache_control` of the block. None: it has none."""
    kind: str
    """The type of the block."""


@dataclass(slots=True)
class PromptCache:
    """The prompt cache of one server. Entries never expire, since it has no clock."""

    _entries: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def record_request(self, body: JSONObject) -> JSONObject:
        """Read and write the cache for a request, and return the input counters of its usage record."""
        positions = _prefix_positions(body)
        total = positions[-1].tokens
        facts = find_model_facts(body["model"])
        least = facts.min_cacheable_tokens if facts else 0
        marked = [i for i, position in enumerate(positions) if position.marker and position.tokens >= least]
        read = max((self._find_cached_tokens(body["model"], positions, i) for i in marked), default=0)
        written = {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0}
        done = read
        for i in marked:
            self._entries.add((body["model"], positions[i].prefix))
            if positions[i].tokens > done:
                ttl = "1h" if (positions[i].marker or {}).get("ttl") == "1h" else "5m"
                written[f"ephemeral_{ttl}_input_tokens"] += positions[i].tokens - done
                done = positions[i].tokens
        return {
            "input_tokens": total - done,
            "cache_creation_input_tokens": sum(written.values()),
            "cache_read_input_tokens": read,
            "cache_creation": written,
        }

    def _find_cached_tokens(self, model: str, positions: list[_PrefixPosition], marked: int) -> int:
        """Return the tokens of the longest entry that the marker at this position finds.

        It looks back over 20 blocks; consecutive tool calls, or tool results, count as one.
        """
        passed, last = 0, ""
        for position in reversed(positions[: marked + 1]):
            if (model, position.prefix) in self._entries:
                return position.tokens
            passed += position.kind != last or position.kind not in _RUN_TYPES
            last = position.kind
            if passed > _LOOKBACK_BLOCKS:
                break
        return 0


def count_prompt_tokens(body: JSONObject) -> int:
    """Return the tokens of a request's prompt."""
    return _prefix_positions(body)[-1].tokens


def estimate_prompt_tokens(body: JSONObject, size_bytes: int) -> int:
    """Return the tokens of a request of so many bytes, as rate limits count them before it is read."""
    facts = find_model_facts(body["model"])
    return (
        size_bytes + sum(_media_correction(message["content"], facts) for message in body["messages"])
    ) // BYTES_PER_TOKEN


def count_output_tokens(content: object) -> int:
    """Return the tokens of a reply's content, at least 1."""
    return max(1, len(encode(content)) // BYTES_PER_TOKEN)


def _prefix_positions(body: JSONObject) -> list[_PrefixPosition]:
    system: Content = body.get("system") or []
    parts: list[tuple[str, JSONObject]] = [("tool", tool) for tool in body.get("tools") or ()]
    parts += [("system", b) for b in ([{"type": "text", "text": system}] if isinstance(system, str) else system)]
    for message in body["messages"]:
        content: Content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        parts += [(message["role"], block) for block in blocks]
    facts = find_model_facts(body["model"])
    hashed = hashlib.sha256()
    size = 0
    positions: list[_PrefixPosition] = []
    top: JSONObject | None = body.get("cache_control")
    last = next((i for i, (_, part) in reversed([*enumerate(parts)]) if _is_cacheable(part)), None)
    for i, (role, part) in enumerate(parts or [("user", {})]):
        data = encode([role, without_cache_markers(part)])
        hashed.update(data)
        size += len(data) + _media_correction(part, facts)
        marker = _cache_marker(part) or (top if i == last else None)
        kind = str(part.get("type", role))
        positions.append(_PrefixPosition(hashed.copy().hexdigest(), size // BYTES_PER_TOKEN, marker, kind))
    return positions


def _media_correction(part: object, facts: ModelFacts | None) -> int:
    """Return the bytes by which pictures and PDFs in some content count more or less than the bytes of their data."""
    correction = 0
    for block in media_in(part):
        data = cast("JSONObject", block["source"]).get("data")
        correction += BYTES_PER_TOKEN * media_tokens(block, facts) - (len(data) if isinstance(data, str) else 0)
    return correction


def _cache_marker(part: JSONObject) -> JSONObject | None:
    """Return the cache marker of a block, or the last one inside it."""
    inner: object = part.get("content")
    has_inner = part.get("type") == "tool_result" and isinstance(inner, list)
    parts = [*(cast("list[JSONObject]", inner) if has_inner else []), part]
    return next((found for each in reversed(parts) if (found := each.get("cache_control"))), None)


def _is_cacheable(part: JSONObject) -> bool:
    """Return True if the marker at the top of a request can apply to this block; it applies to the last such block."""
    return part.get("type") not in _NOT_CACHEABLE and not (part.get("type") == "text" and not part.get("text"))
