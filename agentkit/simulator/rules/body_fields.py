"""The fields of a request's body and of the objects in it; the API refuses any other field in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from agentkit.schema.json_schema.subschemas import is_object
from agentkit.simulator.rules.block_fields import (
    extra_fields_of_blocks,
    extra_fields_of_marker,
    extra_fields_of_tools,
)
from agentkit.simulator.rules.refusal import APPROXIMATE

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

COUNTED_FIELDS = frozenset(
    {
        *("billing_policy", "cache_control", "compaction", "context_management", "mcp_servers", "messages", "model"),
        *("output_config", "speed", "system", "thinking", "tool_choice", "tools", "user_profile_id", "workspace_id"),
    }
)
"""The fields of a body whose tokens are counted."""
BODY_FIELDS = COUNTED_FIELDS | {
    *("container", "diagnostics", "fallback_credit_token", "fallbacks", "inference_geo", "max_tokens", "metadata"),
    *("service_tier", "stop_sequences", "thread"),
}
"""The fields of the body of a message request, beside those that a beta or an older version adds."""
_NOT_IN_THE_SDK = frozenset({"stream", "temperature", "top_k", "top_p", "output_format"})
"""Fields of the transport, of older versions, and of the beta `structured-outputs-2025-11-13`."""
OBJECT_FIELDS: Mapping[str, frozenset[str]] = {
    "tool_choice": frozenset(("type", "name", "disable_parallel_tool_use")),
    "thinking": frozenset(("type", "budget_tokens", "display", "block_binding")),
    "output_config": frozenset(("effort", "format", "task_budget")),
    "metadata": frozenset(("user_id",)),
    "compaction": frozenset(("type", "instructions")),
    "context_management": frozenset(("edits",)),
    "container": frozenset(("id", "skills")),
}
"""The fields of the objects in a body."""
_WITH_TYPE_IN_PATH = frozenset(("tool_choice", "thinking"))
_MESSAGE_FIELDS: Mapping[str, frozenset[str]] = {
    "user": frozenset(("role", "content")),
    "assistant": frozenset(("role", "content")),
    "system": frozenset(("role", "content", "clear_at", "output_config")),
}


def find_extra_field(body: JSONObject) -> str | None:
    """Return the API's error text for the first unknown field, in a body of the right shape. None: it has none."""
    return next((APPROXIMATE["extra"].format(field=field) for field in _extra_fields(body)), None)


def _extra_fields(body: JSONObject) -> Iterator[str]:
    yield from (name for name in body if name not in BODY_FIELDS and name not in _NOT_IN_THE_SDK)
    for name, known in OBJECT_FIELDS.items():
        given: object = body.get(name)
        if is_object(given):
            kind = f".{given.get('type')}" if name in _WITH_TYPE_IN_PATH else ""
            yield from _unknown(given, known, f"{name}{kind}")
    yield from extra_fields_of_marker(body, "")
    yield from extra_fields_of_tools(cast("list[JSONObject]", body.get("tools") or []))
    yield from extra_fields_of_blocks(body.get("system"), "system")
    for i, message in enumerate(cast("list[JSONObject]", body["messages"])):
        yield from _unknown(message, _MESSAGE_FIELDS[message["role"]], f"messages.{i}")
        yield from extra_fields_of_blocks(message["content"], f"messages.{i}.content")


def _unknown(given: JSONObject, known: Collection[str], path: str) -> Iterator[str]:
    yield from (f"{path}.{name}" for name in given if name not in known)
