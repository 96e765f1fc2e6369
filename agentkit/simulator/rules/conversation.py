"""Rules of the conversation: no empty or blank content, blocks in the right roles, a result right after every call."""

from __future__ import annotations

from itertools import takewhile
from typing import TypeAlias, cast

from agentkit.messages.message import Block, Content
from agentkit.simulator.rules.refusal import APPROXIMATE, Check, CheckedRequest, with_nested_blocks

_PlacedBlocks: TypeAlias = list[tuple[int, int, Block]]
"""Blocks, each with the index of its message and its own index in it."""

_ROLE_OF_BLOCK = {"tool_use": "assistant", "server_tool_use": "assistant", "tool_result": "user"}


def _check_not_empty(request: CheckedRequest) -> str | None:
    messages = request.body["messages"]
    if not messages:
        return APPROXIMATE["no messages"]
    for i, message in enumerate(messages):
        is_final_turn = i == len(messages) - 1 and message["role"] == "assistant"
        if not message["content"] and not is_final_turn:
            return (
                f"messages.{i}: all messages must have non-empty content except for the optional final assistant "
                "message"
            )
    said = [inner for _, _, block in request.blocks() for inner in with_nested_blocks(block)]
    for where, blocks in (("system", request.system_blocks), ("messages", said)):
        if any(block["type"] == "text" and not block["text"] for block in blocks):
            return f"{where}: text content blocks must be non-empty"
    if any(message["content"] and _is_blank(message["content"]) for message in messages):
        return "messages: text content blocks must contain non-whitespace text"
    return None


def _is_blank(content: Content) -> bool:
    """True if content has nothing but white space; a blank text beside other content is accepted."""
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return all(block["type"] == "text" and not block["text"].strip() for block in blocks)


def _check_block_roles(request: CheckedRequest) -> str | None:
    for i, j, block in request.blocks():
        kind, given = block["type"], request.body["messages"][i]["role"]
        role = _ROLE_OF_BLOCK.get(kind)
        if role not in (None, given):
            return APPROXIMATE["role"].format(i=i, j=j, kind=kind, role=role)
        if kind == "document" and given == "assistant" and request.edition.is_newest:
            return APPROXIMATE["document"].format(i=i, j=j)
        if kind in ("text", "search_result") and given == "user" and request.edition.is_newest:
            inner = block.get("content") if kind == "search_result" else None
            parts = [block, *cast("list[Block]", inner)] if isinstance(inner, list) else [block]
            if any(isinstance(part.get("citations"), list) and part["citations"] for part in parts):
                return APPROXIMATE["citations"].format(i=i, j=j, kind=kind)
    return None


def _check_system_messages(request: CheckedRequest) -> str | None:
    messages = request.body["messages"]
    for i, message in enumerate(messages):
        if message["role"] != "system":
            continue
        if not request.facts.takes_system_messages:
            return "role 'system' is not supported on this model"
        if i == 0:
            return APPROXIMATE["system place"].format(i=i, rule="not be the first message")
        before, after = messages[i - 1], messages[i + 1] if i + 1 < len(messages) else None
        if before["role"] == "assistant" and not _ends_with_server_tool(before["content"]):
            return APPROXIMATE["system place"].format(i=i, rule="follow a user message")
        if after is not None and after["role"] == "user":
            return APPROXIMATE["system place"].format(i=i, rule="be the last or be followed by an assistant message")
    return None


def _ends_with_server_tool(content: object) -> bool:
    blocks = cast("list[Block]", content) if isinstance(content, list) else []
    return bool(blocks) and blocks[-1]["type"] == "server_tool_use"


def _merge_turns(request: CheckedRequest) -> list[tuple[str, _PlacedBlocks]]:
    """Merge consecutive messages of one role, as the API does before pairing; return each turn's role and blocks."""
    turns: list[tuple[str, _PlacedBlocks]] = []
    for i, message in enumerate(request.body["messages"]):
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        placed = [(i, j, block) for j, block in enumerate(blocks)]
        if turns and turns[-1][0] == message["role"]:
            turns[-1][1].extend(placed)
        elif message["role"] != "system":
            turns.append((message["role"], placed))
    return turns


def _check_pairing(request: CheckedRequest) -> str | None:
    turns = _merge_turns(request)
    called: set[object] = set()
    for n, (role, blocks) in enumerate(turns):
        before = turns[n - 1][1] if n else []
        after = turns[n + 1][1] if n + 1 < len(turns) else []
        if role == "assistant":
            text = (
                _find_repeated_id(blocks)
                or _find_unanswered_call(blocks, after)
                or _find_unexpected_server_result(blocks, called)
                or _find_unanswered_server_call(blocks, after)
            )
        else:
            text = _find_unexpected_result(before, blocks)
        if text:
            return text
    return None


def _find_repeated_id(blocks: _PlacedBlocks) -> str | None:
    """Check that ids are unique in a turn; a later turn may use them again."""
    ids: set[str] = set()
    for i, j, block in blocks:
        if block["type"] != "tool_use":
            continue
        if block["id"] in ids:
            return APPROXIMATE["same id"].format(i=i, j=j)
        ids.add(block["id"])
    return None


def _find_unanswered_call(blocks: _PlacedBlocks, after: _PlacedBlocks) -> str | None:
    results = takewhile(lambda placed: placed[2]["type"] == "tool_result", after)
    answered = {block["tool_use_id"] for _, _, block in results}
    open_calls = [(i, b["id"]) for i, _, b in blocks if b["type"] == "tool_use" and b["id"] not in answered]
    if not open_calls:
        return None
    ids = ", ".join(call_id for _, call_id in open_calls)
    return (
        f"messages.{open_calls[0][0]}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{ids}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )


def _find_unexpected_result(before: _PlacedBlocks, blocks: _PlacedBlocks) -> str | None:
    call_ids = {block["id"] for _, _, block in before if block["type"] == "tool_use"}
    answered: set[str] = set()
    for i, j, block in blocks:
        if block["type"] != "tool_result":
            continue
        call_id = block["tool_use_id"]
        if call_id in answered:
            return APPROXIMATE["two results"].format(i=i, j=j, id=call_id)
        if call_id not in call_ids:
            return (
                f"messages.{i}.content.{j}: unexpected `tool_use_id` found in `tool_result` blocks: {call_id}. Each "
                "`tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        answered.add(call_id)
    return None


def _find_unexpected_server_result(blocks: _PlacedBlocks, called: set[object]) -> str | None:
    """Check that results of server tools come after their calls, whose ids are added to `called`.

    Code that calls tools of the client has its result in a later turn than its own call.
    """
    for i, j, block in blocks:
        kind: str = block["type"]
        if kind == "server_tool_use":
            called.add(block.get("id"))
        elif kind.endswith("_tool_result") and kind != "mcp_tool_result" and block.get("tool_use_id") not in called:
            return (
                f"messages.{i}.content.{j}: unexpected `tool_use_id` found in `{kind}` blocks: "
                f"{block.get('tool_use_id')}. Each `{kind}` block must have a corresponding `server_tool_use` block "
                "before it."
            )
    return None


def _find_unanswered_server_call(blocks: _PlacedBlocks, after: _PlacedBlocks) -> str | None:
    """Check that a turn with an open call of a server tool is followed by nothing, or by results of client tools."""
    if not after or any(block["type"] == "tool_result" for _, _, block in after):
        return None
    answered = {block.get("tool_use_id") for _, _, block in blocks}
    for i, j, block in blocks:
        if block["type"] == "server_tool_use" and block.get("id") not in answered:
            return APPROXIMATE["open server call"].format(i=i, j=j, name=block.get("name"), id=block.get("id"))
    return None


def _check_ending(request: CheckedRequest) -> str | None:
    last = request.body["messages"][-1]
    if last["role"] != "assistant" or not last["content"]:
        return None
    blocks: list[Block] = [{"type": "text", "text": last["content"]}]
    blocks = blocks if isinstance(last["content"], str) else last["content"]
    is_compaction = any(block["type"] == "compaction" for block in blocks)
    if is_compaction or request.body.get("compaction") or blocks[-1]["type"] not in ("text", "thinking"):
        return None  # a paused turn is sent back unchanged
    if not request.facts.takes_prefill:
        return APPROXIMATE["prefill"]
    if request.output_format is not None:
        return APPROXIMATE["prefilled format"]
    is_ragged = blocks[-1]["type"] == "text" and blocks[-1]["text"] != blocks[-1]["text"].rstrip()
    return APPROXIMATE["trailing space"] if is_ragged else None


CHECKS: tuple[Check, ...] = (_check_not_empty, _check_block_roles, _check_system_messages, _check_pairing)
"""The checks in the API's order."""

ENDING_CHECK: Check = _check_ending
"""The check of the last message's end; the API makes it after all checks of calls."""
