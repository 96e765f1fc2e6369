"""Rules of compaction: the requests that can be compacted, and the place and signature of a compaction block."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from agentkit.simulator.model_behavior.thinking_signatures import compaction_signature
from agentkit.simulator.rules.refusal import APPROXIMATE, coded_refusal

if TYPE_CHECKING:
    from agentkit.messages.message import Block, JSONObject
    from agentkit.simulator.rules.refusal import CheckedRequest, Refusal

_OLDER_STRATEGY = "compact_20260112"
"""The older strategy, of context management. Its summaries are not signed, and stay where they were made."""


def check_compaction(request: CheckedRequest) -> Refusal | str | None:
    """Check a compaction block's place and signature, and that a conversation to compact can be summarized."""
    found = [(i, j, b) for i, j, b in request.blocks() if b["type"] == "compaction" and b.get("content") is not None]
    if _OLDER_STRATEGY in _edit_strategies(request):
        found = []
    if len(found) > 1:
        return coded_refusal("compaction_block_ambiguous", APPROXIMATE["two compactions"])
    for i, j, block in found:
        if (i, j) != (0, 0) or request.body["messages"][0]["role"] == "system":
            return coded_refusal("compaction_block_misplaced", APPROXIMATE["compaction place"].format(i=i, j=j))
        if refusal := _check_signature(block):
            return refusal
    return _check_compactable(request) if request.body.get("compaction") else None


def _edit_strategies(request: CheckedRequest) -> list[object]:
    edits = request.object_field("context_management").get("edits")
    given = cast("list[object]", edits) if isinstance(edits, list) else []
    return [cast("JSONObject", edit).get("type") for edit in given if isinstance(edit, dict)]


def _check_signature(block: Block) -> Refusal | None:
    signed_content, _, signed_tools = str(block.get("signature")).removeprefix("sim_").partition("_")
    content, _, tools = compaction_signature(block).removeprefix("sim_").partition("_")
    if not signed_content or not signed_tools or len(signed_content) != len(content):
        return coded_refusal("compaction_signature_invalid", APPROXIMATE["compaction signature"])
    if signed_content != content:
        return coded_refusal("compaction_content_mismatch", APPROXIMATE["compaction content"])
    return (
        coded_refusal("compaction_tool_changes_mismatch", APPROXIMATE["compaction tools"])
        if signed_tools != tools
        else None
    )


def _check_compactable(request: CheckedRequest) -> Refusal | str | None:
    if request.body.get("context_management"):
        return APPROXIMATE["compaction with"].format(what="context_management")
    messages = request.body["messages"]
    if not any(message["role"] in ("user", "assistant") and message["content"] for message in messages):
        return coded_refusal("compaction_nothing_to_summarize", APPROXIMATE["nothing to compact"])
    last = messages[-1]
    blocks: list[Block] = last["content"] if isinstance(last["content"], list) else []
    if last["role"] == "assistant" and any(block["type"] in ("tool_use", "server_tool_use") for block in blocks):
        return coded_refusal("compaction_incomplete_turn", APPROXIMATE["incomplete turn"])
    return None
