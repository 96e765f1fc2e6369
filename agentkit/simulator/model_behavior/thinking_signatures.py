"""Signatures that bind thinking blocks to the conversation before them: made for a reply, checked in later requests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import cast

from agentkit.messages.message import Block, JSONObject, encode


def without_cache_markers(value: object) -> object:
    """Return a copy with sorted keys and without cache markers, which are not content."""
    if isinstance(value, dict):
        items = sorted(cast("JSONObject", value).items())
        return {key: without_cache_markers(inner) for key, inner in items if key != "cache_control"}
    return [without_cache_markers(inner) for inner in cast("list[object]", value)] if isinstance(value, list) else value


def content_digest(value: object) -> str:
    """Return a hash that is equal for equal content, whatever the order of keys and the cache markers."""
    return hashlib.sha256(encode(without_cache_markers(value))).hexdigest()


def sign_thinking(body: JSONObject, content: list[Block]) -> None:
    """Sign the thinking blocks of the new turn that answers `body`, in place."""
    *_, prefix = _prefix_digests(body)
    for index, block in enumerate(content):
        if block.get("type") == "thinking":
            block["signature"] = _thinking_signature(prefix, content[:index], block)


def find_broken_binding(body: JSONObject) -> str | None:
    """Return the error text for the first thinking block that does not match what precedes it. None: all match."""
    for i, (message, prefix) in enumerate(zip(body["messages"], _prefix_digests(body), strict=False)):
        if message["role"] != "assistant" or isinstance(message["content"], str):
            continue
        for j, block in enumerate(message["content"]):
            if block.get("type") != "thinking":
                continue
            if block["signature"] != _thinking_signature(prefix, message["content"][:j], block):
                return (
                    f"messages.{i}.content.{j}: Invalid `signature` in `thinking` block. The block is bound to a "
                    "different conversation. Remove the block, or set "
                    '`thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
                )
    return None


def _prefix_digests(body: JSONObject) -> Iterator[str]:
    """Yield the digest of all that precedes each message, and last that of the whole conversation."""
    head: list[object] = [body.get("system"), body.get("tools") or []]
    hashed = hashlib.sha256(encode(without_cache_markers(head)))
    yield hashed.hexdigest()
    for message in body["messages"]:
        hashed.update(encode(without_cache_markers(message)))
        yield hashed.hexdigest()


def _thinking_signature(prefix: str, earlier: list[Block], block: Block) -> str:
    return "sim_" + content_digest([prefix, earlier, block["thinking"]])[:40]


def compaction_signature(block: Block) -> str:
    """Return the signature of a compaction block, over its text and its tool changes."""
    return f"sim_{content_digest(block.get('content'))[:20]}_{content_digest(block.get('tool_changes'))[:20]}"
