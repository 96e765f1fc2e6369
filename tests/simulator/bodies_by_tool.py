"""More request bodies: tools that the model has to search for, and schemas that only look right."""

from __future__ import annotations

from tests.simulator.bodies import CALL, HI, MARK, RESULT, TOOL, JSONObject, ask, body, say

SEARCH: JSONObject = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
LATE: JSONObject = {**TOOL, "defer_loading": True}
ASKED: JSONObject = {"type": "server_tool_use", "id": "s1", "name": SEARCH["name"], "input": {"query": "find"}}


def found(*names: str) -> JSONObject:
    references = [{"type": "tool_reference", "tool_name": name} for name in names]
    content = {"type": "tool_search_tool_search_result", "tool_references": references}
    return {"type": "tool_search_tool_result", "tool_use_id": "s1", "content": content}


def taking(**schema: object) -> JSONObject:
    return body(tools=[{**TOOL, "input_schema": {"type": "object", **schema}}])


GOOD: dict[str, JSONObject] = {
    "a tool to search for": body(tools=[SEARCH, LATE]),
    "a tool to search for, and one that is there": body(tools=[{**TOOL, "name": "other"}, LATE]),
    "a tool that was found, and called": body(
        HI, say(ASKED, found("find"), CALL), ask(RESULT), tools=[SEARCH, {**LATE, "strict": False}]
    ),
    "a search that failed": body(
        HI,
        say(
            ASKED,
            {
                "type": "tool_search_tool_result",
                "tool_use_id": "s1",
                "content": {"type": "tool_search_tool_result_error", "error_code": "unavailable"},
            },
            CALL,
        ),
        ask(RESULT),
        tools=[SEARCH, LATE],
    ),
    "a search of one's own": body(
        HI,
        say(CALL),
        ask({**RESULT, "content": [{"type": "tool_reference", "tool_name": "late"}]}),
        tools=[TOOL, {**LATE, "name": "late"}],
    ),
    "a union inside a parameter": taking(properties={"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}),
    "any name inside a parameter": taking(properties={"a": {"type": "object", "properties": {"$x": {}}}}),
}

BAD: dict[str, tuple[JSONObject, int, str]] = {
    "nothing but tools to search for": (
        body(tools=[LATE]),
        400,
        "All tools have defer_loading set. At least one tool must be non-deferred.",
    ),
    "a cache marker where nothing is cached": (
        body(tools=[SEARCH, {**LATE, **MARK}]),
        400,
        "Tool 'find' cannot have both defer_loading=true and cache_control set. Tools with defer_loading cannot use",
    ),
    "a found tool that is not there": (
        body(HI, say(ASKED, found("find", "lose"), CALL), ask(RESULT), tools=[SEARCH, LATE]),
        400,
        "Tool reference 'lose' has no corresponding tool definition",
    ),
    "a tool that is not there, by a search of one's own": (
        body(HI, say(CALL), ask({**RESULT, "content": [{"type": "tool_reference", "tool_name": "l"}]}), tools=[TOOL]),
        400,
        "Tool reference 'l' has no corresponding tool definition",
    ),
    "alternatives at the root": (
        taking(anyOf=[{"required": ["a"]}, {"required": ["b"]}]),
        400,
        "tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level",
    ),
    "a parameter with a strange name": (
        taking(properties={"$top": {"type": "integer"}}),
        400,
        "tools.0.custom.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'",
    ),
}
