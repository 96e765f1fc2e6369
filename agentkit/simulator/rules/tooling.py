"""Rules of tools: names, schemas, the strict subset, tool choice, MCP servers, changes inside the conversation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import cast

from agentkit.messages.message import JSON, JSONObject, encode
from agentkit.schema.json_schema.subschemas import is_object
from agentkit.schema.strict.plan import STRICT_LIMITS, strict_cost
from agentkit.simulator.rules.refusal import APPROXIMATE, Check, CheckedRequest, Refusal, coded_refusal

TOOL_NAME_PATTERN = "^[a-zA-Z0-9_-]{1,128}$"
"""The pattern of a tool's name, as the API's error text quotes it."""
PROPERTY_NAME_PATTERN = "^[a-zA-Z0-9_.-]{1,64}$"
"""The pattern of a parameter's name; names of nested properties are free."""

_STRICT_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
_UNSUPPORTED_KEYWORDS = {
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern"),
    *("maxItems", "uniqueItems", "prefixItems", "contains", "minProperties", "maxProperties", "patternProperties"),
    *("propertyNames", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas"),
}
_CHANGE_BY_REFERENCE_BETA = "mid-conversation-tool-changes-2026-07-01"
_CHANGE_BY_VALUE_BETA = "inline-tools-2026-09-15"
_MCP_WITHOUT_TOOLSETS_BETA = "mcp-client-2025-04-04"
"""The first beta of MCP, in which all tools of a server are available without an `mcp_toolset`."""


def _check_definitions(request: CheckedRequest) -> str | None:
    names: set[str] = set()
    for i, tool in enumerate(request.tools):
        name = tool.get("name")
        if tool.get("type") in (None, "custom"):
            if text := _find_definition_error(tool, i):
                return text
        elif tool["type"] == "mcp_toolset":
            continue
        if name in names:
            return "tools: Tool names must be unique."
        names.add(str(name))
    return None


def _find_definition_error(tool: JSONObject, i: int) -> str | None:
    if not re.fullmatch(TOOL_NAME_PATTERN[1:-1], tool["name"]):
        return f"tools.{i}.custom.name: String should match pattern '{TOOL_NAME_PATTERN}'"
    field = f"tools.{i}.custom.input_schema"
    if "input_schema" not in tool:
        return APPROXIMATE["missing"].format(field=field)
    schema: JSONObject = tool["input_schema"]
    if schema.get("type") != "object":
        return APPROXIMATE["schema type"].format(i=i)
    if reason := _find_schema_error(encode(schema)):
        return APPROXIMATE["schema"].format(field=field, reason=reason)
    if {"oneOf", "allOf", "anyOf"} & schema.keys():
        return f"{field}: input_schema does not support oneOf, allOf, or anyOf at the top level"
    if not all(re.fullmatch(PROPERTY_NAME_PATTERN[1:-1], name) for name in schema.get("properties") or ()):
        return f"{field}.properties: Property keys should match pattern '{PROPERTY_NAME_PATTERN}'"
    reason = next(strict_schema_errors(schema), None) if tool.get("strict") else None
    return APPROXIMATE["strict schema"].format(field=field, reason=reason) if reason else None


def _check_deferred_tools(request: CheckedRequest) -> str | None:
    """Check the tools with `defer_loading`, which the model has to search for, and references to tools."""
    deferred = [tool for tool in request.tools if tool.get("defer_loading")]
    for tool in deferred:
        if tool.get("cache_control"):
            return (
                f"Tool '{tool.get('name')}' cannot have both defer_loading=true and cache_control set. Tools with "
                "defer_loading cannot use prompt caching."
            )
    if deferred and len(deferred) == len(request.tools):
        return "All tools have defer_loading set. At least one tool must be non-deferred."
    known = {tool.get("name") for tool in request.tools}
    unknown = next((name for name in _tool_references(request) if name not in known), None)
    return None if unknown is None else f"Tool reference '{unknown}' has no corresponding tool definition"


def _tool_references(request: CheckedRequest) -> Iterator[str]:
    """Yield the names of tools that were found, by the API's own tool search or in results of client tools."""
    for _, _, block in request.blocks():
        content: object = block.get("content")
        if block["type"] == "tool_search_tool_result" and is_object(content):
            content = content.get("tool_references")
        elif block["type"] != "tool_result":
            continue
        for part in cast("list[object]", content) if isinstance(content, list) else ():
            if is_object(part) and part.get("type") == "tool_reference":
                yield str(part.get("tool_name"))


def _check_tool_choice(request: CheckedRequest) -> str | None:
    choice = request.object_field("tool_choice")
    if choice.get("type") != "tool":
        return None
    if "name" not in choice:
        return APPROXIMATE["unnamed tool"]
    if choice["name"] not in {tool.get("name") for tool in request.tools}:
        return APPROXIMATE["chosen tool"].format(name=choice["name"])
    return None


def _check_output_format(request: CheckedRequest) -> str | None:
    wanted = request.output_format
    if wanted is None:
        return None
    field = "output_config.format.schema"
    if reason := _find_schema_error(encode(wanted["schema"])):
        return APPROXIMATE["schema"].format(field=field, reason=reason)
    if reason := next(strict_schema_errors(wanted["schema"]), None):
        return APPROXIMATE["strict schema"].format(field=field, reason=reason)
    cites = [block for _, _, block in request.blocks() if block["type"] in ("document", "search_result")]
    if any(cast("JSONObject", block.get("citations") or {}).get("enabled") for block in cites):
        return APPROXIMATE["cited format"]
    return None


@lru_cache(maxsize=1_000)
def _find_schema_error(schema: bytes) -> str | None:
    from jsonschema import Draft202012Validator, FormatChecker, SchemaError

    try:  # without the format `regex`: patterns are ECMA's, and jsonschema reads Python's
        Draft202012Validator.check_schema(json.loads(schema), FormatChecker(()))
    except SchemaError as error:
        return f"at {error.json_path}: {error.message}"
    return None


def strict_schema_errors(schema: JSON, path: str = "$") -> Iterator[str]:
    """Yield the reasons, place by place, for which the grammar of strict tools and formats cannot express a schema."""
    if not isinstance(schema, dict):
        return
    for word in sorted(_UNSUPPORTED_KEYWORDS & schema.keys()):
        yield f"at {path}: For '{schema.get('type', 'object')}' type, property '{word}' is not supported"
    kind: JSON = schema.get("type")
    if kind == "object" and schema.get("additionalProperties") is not False:
        yield f"at {path}: For 'object' type, 'additionalProperties' must be explicitly set to false"
    if kind == "array" and schema.get("minItems", 0) not in (0, 1):
        yield f"at {path}: For 'array' type, 'minItems' values other than 0 or 1 are not supported"
    if isinstance(schema.get("format"), str) and schema["format"] not in _STRICT_FORMATS:
        yield f"at {path}: format '{schema['format']}' is not supported"
    for word in ("properties", "$defs"):
        for name, inner in cast("JSONObject", schema.get(word) or {}).items():
            yield from strict_schema_errors(inner, f"{path}.{word}.{name}")
    for word in ("anyOf", "allOf"):
        for n, inner in enumerate(cast("list[JSON]", schema.get(word) or [])):
            yield from strict_schema_errors(inner, f"{path}.{word}.{n}")
    yield from strict_schema_errors(schema.get("items"), f"{path}.items")


def _check_mcp_servers(request: CheckedRequest) -> str | None:
    if _MCP_WITHOUT_TOOLSETS_BETA in request.edition.betas:
        return None
    servers: list[JSONObject] = request.body.get("mcp_servers") or []
    toolset_servers = {
        i: tool.get("mcp_server_name") for i, tool in enumerate(request.tools) if tool.get("type") == "mcp_toolset"
    }
    names = [server.get("name") for server in servers]
    for name in names:
        if name not in toolset_servers.values():
            return APPROXIMATE["no server"].format(name=name)
    unknown = next(((i, name) for i, name in toolset_servers.items() if name not in names), None)
    return APPROXIMATE["no toolset"].format(i=unknown[0], name=unknown[1]) if unknown else None


def _check_tool_changes(request: CheckedRequest) -> Refusal | str | None:
    """Check the blocks that add and remove tools inside the conversation."""
    known = {str(tool.get("name")) for tool in request.tools}
    for i, j, block in request.blocks():
        if block["type"] not in ("tool_addition", "tool_removal"):
            continue
        change: JSONObject = block.get("tool") or {}
        is_definition = change.get("type") == "tool_definition"
        beta = _CHANGE_BY_VALUE_BETA if is_definition else _CHANGE_BY_REFERENCE_BETA
        if not request.edition.betas & {_CHANGE_BY_VALUE_BETA, beta}:
            return APPROXIMATE["extra"].format(field=f"messages.{i}.content.{j}.{block['type']}")
        if not request.facts.takes_tool_changes:
            return "tool_addition/tool_removal is not supported on this model"
        definition: JSONObject = change.get("definition") or {}
        name = str(definition.get("name") if is_definition else change.get("name"))
        if is_definition and name in known:
            text = APPROXIMATE["name conflict"].format(i=i, j=j, name=name)
            return coded_refusal("tool_name_conflict", text)
        if not is_definition and name not in known:
            text = APPROXIMATE["unresolved"].format(i=i, j=j, name=name)
            return coded_refusal("tool_reference_unresolved", text)
        known.add(name)
    return None


def _check_strict_limits(request: CheckedRequest) -> str | None:
    schemas = [tool["input_schema"] for tool in request.tools if tool.get("strict") and "input_schema" in tool]
    wanted = [request.output_format["schema"]] if request.output_format else []
    costs = [strict_cost(schema) for schema in [*schemas, *wanted]]
    counted = {
        "tools": (len(schemas), STRICT_LIMITS.tools),
        "optional parameters": (sum(optional for optional, _ in costs), STRICT_LIMITS.optional_parameters),
        "parameters of several types": (sum(unions for _, unions in costs), STRICT_LIMITS.union_parameters),
    }
    for what, (count, limit) in counted.items():
        if count > limit:
            return APPROXIMATE["too many strict"].format(limit=limit, what=what, count=count)
    return None


CHECKS: tuple[Check, ...] = (
    _check_definitions,
    _check_deferred_tools,
    _check_tool_choice,
    _check_output_format,
    _check_strict_limits,
    _check_mcp_servers,
    _check_tool_changes,
)
"""The checks in the API's order."""
