"""Requests to the offline responder, written by hand, and conversations played out with it."""

import asyncio
from collections.abc import Callable, Collection

from agentkit.messages.message import Block, JSONObject, text_block, tool_result
from agentkit.simulator.offline import OfflineResponder

Tool = Callable[[JSONObject], str | list[Block]]
"""The result of a call; it may raise LookupError, which becomes an error result."""


def tool(name: str, *required: str, description: str = "", **properties: JSONObject) -> JSONObject:
    """A tool as a request defines it."""
    schema = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return {"name": name, "description": description, "input_schema": schema}


STRING: JSONObject = {"type": "string"}
LOAD = tool("load", "document_id", document_id=STRING)
BRIEF = tool(
    "ask",
    "objective",
    objective=STRING,
    output_format={"type": "string", "default": ""},
    sources={"type": "array", "items": STRING, "default": []},
    boundaries={"type": "string", "default": ""},
)


def document(name: str, text: str, title: str = "") -> Block:
    """A document block as agents send it."""
    source = {"type": "text", "media_type": "text/plain", "data": text}
    return {"type": "document", "source": source, "title": f"{name}: {title}" if title else name}


def request(content: str | list[Block], *tools: JSONObject, **options: object) -> JSONObject:
    """The body of a first request."""
    body: JSONObject = {"messages": [{"role": "user", "content": content}], "model": "claude-haiku-5-5", **options}
    return {**body, "tools": list(tools)} if tools else body


def reply_to(body: JSONObject, allowed: Collection[str] | None = None) -> list[Block]:
    """The content of one turn."""
    return asyncio.run(OfflineResponder(allowed).answer(body)).to_turn(body, f"{len(body['messages']):02}").content


def calls_of(content: list[Block]) -> list[Block]:
    """The tool calls of a turn."""
    return [block for block in content if block["type"] == "tool_use"]


def text_in(content: list[Block]) -> str:
    """The text of a turn."""
    return "".join(block["text"] for block in content if block["type"] == "text")


def play(body: JSONObject, **tools: Tool) -> list[list[Block]]:
    """All turns until one calls no tool that is given here. The body grows as the conversation goes on."""
    turns: list[list[Block]] = []
    while True:
        turns.append(reply_to(body))
        body["messages"].append({"role": "assistant", "content": turns[-1]})
        results = [_answered(call, tools) for call in calls_of(turns[-1]) if call["name"] in tools]
        if not results:
            return turns
        body["messages"].append({"role": "user", "content": results})


def _answered(call: Block, tools: dict[str, Tool]) -> Block:
    try:
        return tool_result(call["id"], tools[call["name"]](call["input"]))
    except LookupError as error:
        return tool_result(call["id"], [text_block(f"failed: {error}")], is_error=True)
