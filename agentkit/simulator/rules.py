"""What the Messages API refuses, with its own status, type and text: a list of small checks, first failure wins.

A check takes the parsed body and returns the text of a refusal, or None. Texts that were not seen verbatim in real
traffic are in the table `APPROXIMATE`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from agentkit.messages import Block, JSONObject
from agentkit.simulator.binding import broken_binding
from agentkit.simulator.models import facts_of
from agentkit.simulator.shape import wrong_shape

Check: TypeAlias = Callable[[JSONObject], "str | None"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error answer."""

    status: int
    kind: str
    """The API's error type."""
    message: str


APPROXIMATE: Mapping[str, str] = {
    "missing": "{field}: Field required",
    "sampling": "{field}: Extra inputs are not permitted",
    "no messages": "messages: at least one message is required",
    "max output": "max_tokens: {given} > {limit}, which is the maximum allowed number of output tokens for {model}",
    "schema type": "tools.{i}.custom.input_schema.type: Input should be 'object'",
    "chosen tool": "tool_choice: tool {name!r} is not in tools",
}
"""Texts whose wording is ours, in the shape of the API's."""

SAMPLING = ("temperature", "top_p", "top_k")
_TOOL_NAME = "^[a-zA-Z0-9_-]{1,128}$"


def refuse(given: object, *, counting: bool = False) -> Refusal | None:
    """Why the API would not answer this body. None: it would.

    `counting` for `/v1/messages/count_tokens`, whose body has no `max_tokens`.
    """
    if not isinstance(given, dict):
        return Refusal(400, "invalid_request_error", "Input should be a valid dictionary")
    body = cast("JSONObject", given)
    if text := wrong_shape(body, counting=counting):
        return Refusal(400, "invalid_request_error", text)
    if facts_of(body["model"]) is None:
        return Refusal(404, "not_found_error", f"model: {body['model']}")
    for check in _CHECKS:
        if text := check(body):
            return Refusal(400, "invalid_request_error", text)
    return None


def _sampling(body: JSONObject) -> str | None:
    given = next((field for field in SAMPLING if field in body), None)
    return APPROXIMATE["sampling"].format(field=given) if given else None


def _max_tokens(body: JSONObject) -> str | None:
    facts = facts_of(body["model"])
    limit = facts.max_output_tokens if facts else 0
    if body.get("max_tokens", 0) <= limit:
        return None
    return APPROXIMATE["max output"].format(given=body["max_tokens"], limit=limit, model=body["model"])


def _tools(body: JSONObject) -> str | None:
    names: set[str] = set()
    for i, tool in enumerate(body.get("tools") or ()):
        name = tool.get("name")
        if tool.get("type") in (None, "custom"):
            if not re.fullmatch(_TOOL_NAME[1:-1], name):
                return f"tools.{i}.custom.name: String should match pattern '{_TOOL_NAME}'"
            if "input_schema" not in tool:
                return APPROXIMATE["missing"].format(field=f"tools.{i}.custom.input_schema")
            if tool["input_schema"].get("type") != "object":
                return APPROXIMATE["schema type"].format(i=i)
        if name in names:
            return "tools: Tool names must be unique."
        names.add(name)
    choice: JSONObject = body.get("tool_choice") or {}
    if choice.get("type") == "tool" and choice.get("name") not in names:
        return APPROXIMATE["chosen tool"].format(name=choice.get("name"))
    return None


def _cache_markers(body: JSONObject) -> str | None:
    parts: list[JSONObject] = [*(body.get("tools") or ())]
    parts += body["system"] if isinstance(body.get("system"), list) else []
    parts += [block for _, block in _blocks(body)]
    count = sum(part.get("cache_control") is not None for part in parts)
    count += body.get("cache_control") is not None
    if count <= 4:
        return None
    return f"A maximum of 4 blocks with cache_control may be provided. Found {count}."


def _not_empty(body: JSONObject) -> str | None:
    messages = body["messages"]
    if not messages:
        return APPROXIMATE["no messages"]
    for i, message in enumerate(messages):
        is_final_turn = i == len(messages) - 1 and message["role"] == "assistant"
        if not message["content"] and not is_final_turn:
            return (
                f"messages.{i}: all messages must have non-empty content except for the optional final assistant "
                "message"
            )
    if any(block["type"] == "text" and not block["text"] for _, block in _blocks(body)):
        return "messages: text content blocks must be non-empty"
    return None


def _blocks(body: JSONObject) -> Iterator[tuple[int, Block]]:
    for i, message in enumerate(body["messages"]):
        if isinstance(message["content"], list):
            yield from ((i, block) for block in message["content"])


def _merged(body: JSONObject) -> list[tuple[str, list[tuple[int, int, Block]]]]:
    """The turns after same-role messages are merged, as the API does before pairing: role, then blocks with places."""
    turns: list[tuple[str, list[tuple[int, int, Block]]]] = []
    for i, message in enumerate(body["messages"]):
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        placed = [(i, j, block) for j, block in enumerate(blocks)]
        if turns and turns[-1][0] == message["role"]:
            turns[-1][1].extend(placed)
        elif message["role"] != "system":
            turns.append((message["role"], placed))
    return turns


def _pairing(body: JSONObject) -> str | None:
    turns = _merged(body)
    for n, (role, blocks) in enumerate(turns):
        before = turns[n - 1][1] if n else []
        after = turns[n + 1][1] if n + 1 < len(turns) else []
        if role == "assistant":
            answered = {block["tool_use_id"] for _, _, block in after if block["type"] == "tool_result"}
            open_calls = [(i, b["id"]) for i, _, b in blocks if b["type"] == "tool_use" and b["id"] not in answered]
            if open_calls:
                ids = ", ".join(call_id for _, call_id in open_calls)
                return (
                    f"messages.{open_calls[0][0]}: `tool_use` ids were found without `tool_result` blocks immediately "
                    f"after: {ids}. Each `tool_use` block must have a corresponding `tool_result` block in the next "
                    "message."
                )
            continue
        asked = {block["id"] for _, _, block in before if block["type"] == "tool_use"}
        for i, j, block in blocks:
            if block["type"] == "tool_result" and block["tool_use_id"] not in asked:
                return (
                    f"messages.{i}.content.{j}: unexpected `tool_use_id` found in `tool_result` blocks: "
                    f"{block['tool_use_id']}. Each `tool_result` block must have a corresponding `tool_use` block in "
                    "the previous message."
                )
    return None


def _thinking(body: JSONObject) -> str | None:
    facts = facts_of(body["model"])
    return broken_binding(body) if facts is not None and facts.binds_thinking else None


_CHECKS: tuple[Check, ...] = (_sampling, _max_tokens, _tools, _cache_markers, _not_empty, _pairing, _thinking)
