"""What the model says in one turn, written down: replies for scripts, and what every mind answers with."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

from agentkit.messages.message import JSON, Block, JSONObject, encode, text_block
from agentkit.run.output import WRAPPER
from agentkit.schema.validation.problems import find_problems
from agentkit.tools.reserved_names import ANSWER_TOOL


@dataclass(frozen=True, slots=True)
class _Output:
    """The run's output, in whichever form the request asks for."""

    value: object


@dataclass(frozen=True, slots=True)
class _ToolText:
    """A tool call whose input is this text, JSON or not."""

    name: str
    text: str


Part: TypeAlias = "Block | _Output | _ToolText"
"""A piece of a reply; a Block is the API's own dictionary, a tool call's `id` may be left out."""


@dataclass(frozen=True, slots=True)
class ServerError:
    """An error of the API, instead of a reply."""

    status: int
    kind: str
    """The API's error type: `overloaded_error`, `rate_limit_error` ..."""
    message: str
    retry_after: str = ""
    """When to come again: seconds, `date+30` for a date in 30 seconds, `250ms`, or anything. Empty: not said."""
    should_retry: str = ""
    """What `x-should-retry` says. Empty: what the API says for this status."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One turn of the model. Replies join with `+` into one turn: `Reply.text("...") + Reply.tool("find", id=1)`."""

    parts: tuple[Part, ...] = ()
    stop_reason: str | None = None
    """None: `tool_use` when the turn holds a tool call, `end_turn` otherwise."""
    stop_details: JSONObject | None = None
    """Said beside the stop reason, as a refusal does."""
    usage: JSONObject | None = None
    """Replaces counters of the usage that the simulator works out. None: nothing."""
    error: ServerError | None = None
    """Instead of everything else."""

    @classmethod
    def text(cls, text: str) -> Reply:
        """Visible text."""
        return cls((text_block(text),))

    @classmethod
    def thinking(cls, text: str) -> Reply:
        """Thinking; the simulator signs it and checks the signature when it comes back."""
        return cls(({"type": "thinking", "thinking": text, "signature": ""},))

    @classmethod
    def tool(cls, name: str, /, **arguments: object) -> Reply:
        """A call of a tool with these arguments, which may be models or dataclasses."""
        from pydantic_core import to_jsonable_python

        return cls(({"type": "tool_use", "name": name, "input": to_jsonable_python(arguments, by_alias=True)},))

    @classmethod
    def tool_text(cls, name: str, text: str) -> Reply:
        """A call of a tool whose arguments are this text: for JSON that is cut off or wrong."""
        return cls((_ToolText(name, text),))

    @classmethod
    def output(cls, value: object) -> Reply:
        """The run's output: as format, as a call of `give_answer`, or as text, whichever the request asks for."""
        return cls((_Output(value),))

    @classmethod
    def block(cls, block: Block) -> Reply:
        """Any content block, as the API writes it."""
        return cls((block,))

    @classmethod
    def refusal(cls, explanation: str = "", category: str = "general_harms") -> Reply:
        """The model declines; the turn has no content."""
        details = {"type": "refusal", "category": category, "explanation": explanation}
        return cls(stop_reason="refusal", stop_details=details)

    @classmethod
    def failure(cls, status: int, kind: str, message: str = "Simulated error") -> Reply:
        """An HTTP error instead of a reply: `Reply.failure(529, "overloaded_error")`.

        Raises ValueError for a status that is no error.
        """
        if not 400 <= status <= 599:
            raise ValueError(f"the status of a failure is between 400 and 599, not {status}")
        return cls(error=ServerError(status, kind, message))

    def __add__(self, other: Reply) -> Reply:
        return dataclasses.replace(
            self,
            parts=self.parts + other.parts,
            stop_reason=other.stop_reason or self.stop_reason,
            stop_details=other.stop_details or self.stop_details,
            usage={**(self.usage or {}), **(other.usage or {})} or None,
            error=self.error or other.error,
        )

    def replace(self, **changes: Any) -> Self:
        """The same reply with other fields: `reply.replace(stop_reason="max_tokens")`."""
        return dataclasses.replace(self, **changes)

    def to_turn(self, request: JSONObject, seed: str) -> Turn:
        """The turn that answers this request; `seed` makes its tool calls' ids."""
        content: list[Block] = []
        texts: dict[int, str] = {}
        for part in self.parts:
            block = _as_asked(part.value, request) if isinstance(part, _Output) else part
            if isinstance(block, _ToolText):
                texts[len(content)] = block.text
                content.append(_call(block.name, {}, f"toolu_{seed}{len(content):02}"))
            elif block.get("type") == "tool_use":
                content.append({**_call(block["name"], block["input"], f"toolu_{seed}{len(content):02}"), **block})
            else:
                content.append(dict(block))
        has_calls = any(block.get("type") == "tool_use" for block in content)
        stop_reason = self.stop_reason or ("tool_use" if has_calls else "end_turn")
        return Turn(content, texts, stop_reason, self.stop_details, self.usage)


@dataclass(frozen=True, slots=True)
class Turn:
    """A reply made ready for one request."""

    content: list[Block]
    input_texts: dict[int, str]
    """Tool inputs that are sent as this text, by block index."""
    stop_reason: str
    stop_details: JSONObject | None
    usage: JSONObject | None = None
    """Counters that replace those that the server works out."""


def _call(name: str, arguments: JSONObject, call_id: str) -> Block:
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments}


def _as_asked(value: object, request: JSONObject) -> Block:
    from pydantic_core import to_jsonable_python

    plain = to_jsonable_python(value, by_alias=True)
    config: JSONObject = request.get("output_config") or {}
    answer_format: JSONObject | None = config.get("format")
    if answer_format is not None:
        return text_block(encode(_wrapped(plain, answer_format["schema"])).decode())
    tools: list[JSONObject] = request.get("tools") or []
    for tool in tools:
        if tool.get("name") == ANSWER_TOOL:
            return {"type": "tool_use", "name": ANSWER_TOOL, "input": _wrapped(plain, tool["input_schema"])}
    return text_block(plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False))


def _wrapped(value: JSON, schema: JSONObject) -> JSON:
    """The value as the schema wants it: types that are not objects stand in one with a single property."""
    wrapped: JSON = {WRAPPER: value}
    if not find_problems(value, schema):
        return value
    if not find_problems(wrapped, schema):
        return wrapped
    # A wrong output, as tests of repairs write it, comes in the form that was asked for.
    properties: JSONObject = schema.get("properties") or {}
    is_wrapped = isinstance(value, dict) and WRAPPER in value
    return wrapped if set(properties) == {WRAPPER} and not is_wrapped else value
