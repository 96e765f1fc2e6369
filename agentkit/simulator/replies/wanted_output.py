"""The output that a request wants: its schema, a block that gives it, and if the last one was sent back."""

from __future__ import annotations

import json

from agentkit.messages.message import JSON, Block, Content, JSONObject, encode, text_block
from agentkit.run.output import WRAPPER_PROPERTY
from agentkit.schema.validation.problems import find_problems
from agentkit.tools.reserved_names import ANSWER_TOOL


def output_format(request: JSONObject) -> JSONObject | None:
    """Return the schema of the request's output format. None: it has none."""
    config: JSONObject = request.get("output_config") or {}
    answer_format: JSONObject | None = config.get("format")
    return None if answer_format is None else answer_format["schema"]


def output_schema(request: JSONObject) -> JSONObject | None:
    """Return the schema of the typed output that a request wants, in whatever way. None: it wants text."""
    tools: list[JSONObject] = request.get("tools") or []
    of_tool = next((tool["input_schema"] for tool in tools if tool.get("name") == ANSWER_TOOL), None)
    return output_format(request) or of_tool


def output_block(value: object, request: JSONObject) -> Block:
    """Return the block that gives this output in the form that the request wants."""
    from pydantic_core import to_jsonable_python

    plain = to_jsonable_python(value, by_alias=True)
    schema = output_schema(request)
    if schema is None:
        return text_block(plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False))
    if output_format(request) is None:
        return {"type": "tool_use", "name": ANSWER_TOOL, "input": _fit_to_schema(plain, schema)}
    return text_block(encode(_fit_to_schema(plain, schema)).decode())


def is_output_sent_back(request: JSONObject) -> bool:
    """Return True if the last message says that the typed output before it does not fit."""
    messages: list[JSONObject] = request["messages"]
    if len(messages) < 2:
        return False
    before, last = (_blocks_of(message) for message in messages[-2:])
    answers = [block["id"] for block in before if block.get("name") == ANSWER_TOOL]
    if answers:
        return any(block.get("tool_use_id") in answers and block.get("is_error") for block in last)
    return any(str(block.get("text", "")).startswith("Your answer ") for block in last)


def _blocks_of(message: JSONObject) -> list[Block]:
    content: Content = message["content"]
    return [text_block(content)] if isinstance(content, str) else content


def _fit_to_schema(value: JSON, schema: JSONObject) -> JSON:
    """Return the value in the form of the schema: a type that is no object stands in one with a single property."""
    wrapped: JSON = {WRAPPER_PROPERTY: value}
    if not find_problems(value, schema):
        return value
    if not find_problems(wrapped, schema):
        return wrapped
    # An output that does not fit, as tests of repairs write it, is still sent in the requested form.
    properties: JSONObject = schema.get("properties") or {}
    is_wrapped = isinstance(value, dict) and WRAPPER_PROPERTY in value
    return wrapped if set(properties) == {WRAPPER_PROPERTY} and not is_wrapped else value
