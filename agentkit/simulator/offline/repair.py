"""Repair of the responder's own calls: one with invalid arguments is made again as its error suggests, once."""

import copy
import json
import re
from contextlib import suppress
from typing import Any

from agentkit.messages.message import JSON, JSONObject, text_of
from agentkit.simulator.offline.fill import CannotFill, Facts, fill_schema
from agentkit.simulator.offline.reader import ParsedRequest, parse_json_text
from agentkit.simulator.replies.reply import Reply

REPAIR_LABEL = "Offline reader, not a language model: once more, as the error says"
_HEADER = re.compile(r"Invalid arguments for tool `([^`]+)`\.")
_NO_TOOL = re.compile(r"There is no tool `([^`]+)`\.(?: Did you mean `([^`]+)`\?)?")
_PROBLEM = re.compile(r"(?m)^- (?:(?P<path>[^\n]+?): )?(?P<text>(?:unknown key|missing|expected|as a key).*)$")
_STEP = re.compile(r"\.?([\w-]+)|\[(\d+)\]|\[(\"(?:[^\"\\]|\\.)*\")\]")
_MEANT = re.compile(r"did you mean (`[^`]+`|\"(?:[^\"\\]|\\.)*\")\?")


def repair_calls(request: JSONObject, said: ParsedRequest) -> Reply | None:
    """Return the calls of the last turn that can be repaired. None: there are none, or it was done before."""
    messages = request["messages"]
    if (
        len(messages) < 2
        or not isinstance(messages[-1]["content"], list)
        or not isinstance(messages[-2]["content"], list)
    ):
        return None
    if any(REPAIR_LABEL in text_of(message["content"]) for message in messages if message["role"] == "assistant"):
        return None
    reply = Reply()
    for block in messages[-1]["content"]:
        call = said.calls.get(block.get("tool_use_id", ""))
        if block.get("type") == "tool_result" and block.get("is_error") and call is not None:
            again = _repair_call(request, said, call.name, call.input, text_of(block.get("content") or ""))
            reply += Reply() if again is None else again
    return Reply.text(f"{REPAIR_LABEL}.") + reply if reply.parts else None


def _repair_call(request: JSONObject, said: ParsedRequest, name: str, given: JSONObject, text: str) -> Reply | None:
    if (no_tool := _NO_TOOL.match(text)) and no_tool[2]:
        return Reply.block({"type": "tool_use", "name": no_tool[2], "input": given})
    tool = next((tool for tool in request.get("tools") or () if tool.get("name") == name), None)
    if tool is None or not _HEADER.match(text):
        return None
    changed = copy.deepcopy(given)
    schema: JSONObject = tool["input_schema"]
    for problem in _PROBLEM.finditer(text):
        way = [int(index) if index else json.loads(quoted) if quoted else key
               for key, index, quoted in _STEP.findall(problem["path"] or "")]  # fmt: skip
        with suppress(KeyError, IndexError, TypeError, ValueError, CannotFill):
            _repair_argument(changed, way, problem["text"], schema, said)
    return None if changed == given else Reply.block({"type": "tool_use", "name": name, "input": changed})


def _repair_argument(value: JSON, way: list[str | int], text: str, schema: JSONObject, said: ParsedRequest) -> None:
    """Change one place of the arguments as a problem's text suggests. Raises when it suggests nothing."""
    holder: Any = value  # raises below for a value without such a place
    for step in way[:-1]:
        holder = holder[step]
    last = way[-1]
    meant = _MEANT.search(text)
    if text.startswith("unknown key"):
        moved: JSON = holder.pop(str(last))
        if meant:
            holder[meant[1].strip("`")] = moved
    elif text.startswith("missing") and len(way) == 1:
        part = {"type": "object", "properties": {last: schema["properties"][last]}, "required": [last]}
        facts = Facts(said.question, sources=list(said.named))
        filled = fill_schema({**part, "$defs": schema.get("$defs", {})}, facts)
        holder[str(last)] = filled[str(last)] if isinstance(filled, dict) else filled
    elif meant:
        holder[last] = json.loads(meant[1])
    elif text.startswith("expected"):
        holder[last] = _convert_value(holder[last], text)


def _convert_value(value: JSON, text: str) -> JSON:
    """Convert a value of a wrong type: a number or an object as a string, one thing instead of a list."""
    if text.startswith("expected an array") and not isinstance(value, list):
        return [value]
    if isinstance(value, str) and text.startswith(("expected an object", "expected an array")):
        return parse_json_text(value) or value
    if isinstance(value, str) and text.startswith(("expected an integer", "expected a number")):
        return int(value) if value.strip().lstrip("-").isdecimal() else float(value)
    if text.startswith("expected a string") and isinstance(value, int | float):
        return str(value)
    raise ValueError("there is no way from one to the other")
