"""What the Messages API refuses, with its own status, type and text: a list of small checks, first failure wins.

A check takes the parsed body and returns the text of a refusal, or None. Texts that were not seen verbatim in real
traffic are in the table `APPROXIMATE`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import TypeAlias, cast

from agentkit.messages import Block, Content, JSONObject, encode
from agentkit.simulator.binding import broken_binding
from agentkit.simulator.models import facts_of
from agentkit.simulator.shape import wrong_shape

Check: TypeAlias = Callable[[JSONObject], "str | None"]
_Placed: TypeAlias = list[tuple[int, int, Block]]
"""Blocks, each with the index of its message and its own in there."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error answer."""

    status: int
    kind: str
    """The API's error type."""
    message: str


APPROXIMATE: Mapping[str, str] = {
    "missing": "{field}: Field required",
    "extra": "{field}: Extra inputs are not permitted",
    "no messages": "messages: at least one message is required",
    "max output": "max_tokens: {given} > {limit}, which is the maximum allowed number of output tokens for {model}",
    "schema type": "tools.{i}.custom.input_schema.type: Input should be 'object'",
    "chosen tool": "tool_choice: tool {name!r} is not in tools",
    "schema": "{field}: JSON schema is invalid. It must match JSON Schema draft 2020-12 ({reason})",
    "unnamed tool": "tool_choice.tool.name: Field required",
    "role": "messages.{i}.content.{j}: `{kind}` blocks can only be in `{role}` messages",
    "two results": "messages.{i}.content.{j}: each tool_use must have a single result. Found multiple `tool_result` "
    "blocks with id: {id}",
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
    if text := wrong_shape(body, counting=counting) or _extra(body, counting=counting):
        return Refusal(400, "invalid_request_error", text)
    if facts_of(body["model"]) is None:
        return Refusal(404, "not_found_error", f"model: {body['model']}")
    for check in _CHECKS:
        if text := check(body):
            return Refusal(400, "invalid_request_error", text)
    return None


def _extra(body: JSONObject, *, counting: bool) -> str | None:
    fields = (*SAMPLING, "max_tokens") if counting else SAMPLING
    given = next((field for field in fields if field in body), None)
    return APPROXIMATE["extra"].format(field=given) if given else None


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
            if reason := _wrong_schema(encode(tool["input_schema"])):
                return APPROXIMATE["schema"].format(field=f"tools.{i}.custom.input_schema", reason=reason)
        if name in names:
            return "tools: Tool names must be unique."
        names.add(name)
    choice: JSONObject = body.get("tool_choice") or {}
    if choice.get("type") == "tool":
        if "name" not in choice:
            return APPROXIMATE["unnamed tool"]
        if choice["name"] not in names:
            return APPROXIMATE["chosen tool"].format(name=choice["name"])
    return None


def _format(body: JSONObject) -> str | None:
    config: JSONObject = body.get("output_config") or {}
    wanted: JSONObject | None = config.get("format")
    reason = _wrong_schema(encode(wanted["schema"])) if wanted else None
    return APPROXIMATE["schema"].format(field="output_config.format.schema", reason=reason) if reason else None


@lru_cache(maxsize=1_000)
def _wrong_schema(schema: bytes) -> str | None:
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(json.loads(schema))
    except SchemaError as error:
        return f"at {error.json_path}: {error.message}"
    return None


def _cache_markers(body: JSONObject) -> str | None:
    parts: list[JSONObject] = [body, *(body.get("tools") or ()), *_system_blocks(body)]
    parts += [inner for _, block in _blocks(body) for inner in _with_inner(block)]
    count = sum(part.get("cache_control") is not None for part in parts)
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
    said = [inner for _, block in _blocks(body) for inner in _with_inner(block)]
    for where, blocks in (("system", _system_blocks(body)), ("messages", said)):
        if any(block["type"] == "text" and not block["text"] for block in blocks):
            return f"{where}: text content blocks must be non-empty"
    return None


def _system_blocks(body: JSONObject) -> list[Block]:
    system: Content = body.get("system") or []
    return [] if isinstance(system, str) else system


def _blocks(body: JSONObject) -> Iterator[tuple[int, Block]]:
    for i, message in enumerate(body["messages"]):
        if isinstance(message["content"], list):
            yield from ((i, block) for block in message["content"])


def _with_inner(block: Block) -> list[Block]:
    """A block, and those inside when it is a tool's result."""
    inner = block.get("content") if block["type"] == "tool_result" else None
    return [block, *cast("list[Block]", inner)] if isinstance(inner, list) else [block]


def _merged(body: JSONObject) -> list[tuple[str, _Placed]]:
    """The turns after same-role messages are merged, as the API does before pairing: role, then blocks with places."""
    turns: list[tuple[str, _Placed]] = []
    for i, message in enumerate(body["messages"]):
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        placed = [(i, j, block) for j, block in enumerate(blocks)]
        if turns and turns[-1][0] == message["role"]:
            turns[-1][1].extend(placed)
        elif message["role"] != "system":
            turns.append((message["role"], placed))
    return turns


def _misplaced(body: JSONObject) -> str | None:
    ids: set[str] = set()
    for i, message in enumerate(body["messages"]):
        blocks = cast("list[Block]", message["content"]) if isinstance(message["content"], list) else []
        for j, block in enumerate(blocks):
            kind = block["type"]
            role = {"tool_use": "assistant", "tool_result": "user"}.get(kind)
            if role not in (None, message["role"]):
                return APPROXIMATE["role"].format(i=i, j=j, kind=kind, role=role)
            if kind == "tool_use":
                if block["id"] in ids:
                    return f"messages.{i}.content.{j}: `tool_use` ids must be unique"
                ids.add(block["id"])
    return None


def _pairing(body: JSONObject) -> str | None:
    turns = _merged(body)
    for n, (role, blocks) in enumerate(turns):
        before = turns[n - 1][1] if n else []
        after = turns[n + 1][1] if n + 1 < len(turns) else []
        if text := _unanswered(blocks, after) if role == "assistant" else _unasked(before, blocks):
            return text
    return None


def _unanswered(blocks: _Placed, after: _Placed) -> str | None:
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


def _unasked(before: _Placed, blocks: _Placed) -> str | None:
    asked = {block["id"] for _, _, block in before if block["type"] == "tool_use"}
    answered: set[str] = set()
    for i, j, block in blocks:
        if block["type"] != "tool_result":
            continue
        call_id = block["tool_use_id"]
        if call_id in answered:
            return APPROXIMATE["two results"].format(i=i, j=j, id=call_id)
        if call_id not in asked:
            return (
                f"messages.{i}.content.{j}: unexpected `tool_use_id` found in `tool_result` blocks: {call_id}. Each "
                "`tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        answered.add(call_id)
    return None


def _thinking(body: JSONObject) -> str | None:
    facts = facts_of(body["model"])
    return broken_binding(body) if facts is not None and facts.binds_thinking else None


_CHECKS: tuple[Check, ...] = (_max_tokens, _tools, _format, _cache_markers, _not_empty, _misplaced, _pairing, _thinking)
