"""One turn of the model as data: the replies that scripts list and every responder returns."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from agentkit.messages.message import Block, JSONObject, text_block
from agentkit.simulator.replies.parts import OutputPart, Part, RawToolCall, ServerError
from agentkit.simulator.replies.turn import Turn
from agentkit.simulator.replies.wanted_output import output_block
from agentkit.simulator.replies.written import written_reply


@dataclass(frozen=True, slots=True)
class Reply:
    """One turn of the model. Replies join with `+` into one turn: `Reply.text("...") + Reply.tool("find", id=1)`."""

    parts: tuple[Part, ...] = ()
    """The content blocks of the turn, and functions of the request that make some."""
    stop_reason: str | None = None
    """None: `tool_use` when the turn holds a tool call, `end_turn` otherwise."""
    stop_details: JSONObject | None = None
    """Details beside the stop reason, such as those of a refusal. None: no details."""
    usage: JSONObject | None = None
    """Counters that replace those of the computed usage. None: the computed usage is sent."""
    stop_sequence: str | None = None
    """The stop sequence that was met. None: none; a text with one of the request's sequences is cut there anyway."""
    container: JSONObject | None = None
    """The container in which code ran: `{"id": ..., "expires_at": ...}`. None: one is made up where the reply has code
    that ran, or calls that code made."""
    applied_edits: Sequence[JSONObject] = ()
    """Edits that `context_management` of the request has made, in the API's form."""
    error: ServerError | None = None
    """The error response that is sent instead of a turn. None: the turn is sent."""

    def __repr__(self) -> str:
        """Return the reply as it is written in a script."""
        others = [field for field in dataclasses.fields(self) if field.name not in ("parts", "error")]
        given = {field.name: getattr(self, field.name) for field in others}
        changed = {field.name: given[field.name] for field in others if given[field.name] != field.default}
        return written_reply(self.parts, self.error, changed)

    @classmethod
    def text(cls, text: str) -> Reply:
        """Return a turn with visible text."""
        return cls((text_block(text),))

    @classmethod
    def thinking(cls, text: str) -> Reply:
        """Return a turn with thinking. The simulator signs it, and checks the signature in later requests."""
        return cls(({"type": "thinking", "thinking": text, "signature": ""},))

    @classmethod
    def tool(cls, name: str, /, **arguments: object) -> Reply:
        """Return a turn that calls a tool with these arguments, which may be models or dataclasses.

        Args:
            name: The name of the tool.
            arguments: The arguments of the call.
        """
        from pydantic_core import to_jsonable_python

        return cls(({"type": "tool_use", "name": name, "input": to_jsonable_python(arguments, by_alias=True)},))

    @classmethod
    def tool_text(cls, name: str, text: str) -> Reply:
        """Return a turn that calls a tool with this text as its arguments: for JSON that is cut off or malformed.

        Args:
            name: The name of the tool.
            text: The text in place of the arguments' JSON.
        """
        return cls((RawToolCall(name, text),))

    @classmethod
    def output(cls, value: object) -> Reply:
        """Return a turn with the run's output in the request's form: output format, `give_answer` call, or text."""
        return cls((OutputPart(value),))

    @classmethod
    def block(cls, block: Block) -> Reply:
        """Return a turn with any content block, as the API writes it."""
        return cls((block,))

    @classmethod
    def refusal(cls, explanation: str = "", category: str = "general_harms") -> Reply:
        """Return a turn without content in which the model declines."""
        details = {"type": "refusal", "category": category, "explanation": explanation}
        return cls(stop_reason="refusal", stop_details=details)

    @classmethod
    def failure(cls, status: int, kind: str, message: str = "Simulated error") -> Reply:
        """Return an HTTP error instead of a turn: `Reply.failure(529, "overloaded_error")`.

        Raises ValueError for a status outside of 400 to 599.

        Args:
            status: The HTTP status.
            kind: The API's error type.
            message: The text of the error.
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
            stop_sequence=other.stop_sequence or self.stop_sequence,
            container=other.container or self.container,
            applied_edits=(*self.applied_edits, *other.applied_edits),
            error=self.error or other.error,
        )

    @property
    def has_output(self) -> bool:
        """True if it gives the run's output."""
        return any(isinstance(part, OutputPart) for part in self.parts)

    @property
    def has_calls(self) -> bool:
        """True if it calls a tool."""
        kinds = [part.get("type") if isinstance(part, dict) else "" for part in self.parts]
        return "tool_use" in kinds or any(isinstance(part, RawToolCall) for part in self.parts)

    @property
    def last_paragraph(self) -> str:
        """The last paragraph of its text."""
        texts = [str(part.get("text", "")) for part in self.parts if isinstance(part, dict)]
        return "".join(texts).rpartition("\n\n")[2]

    def replace(self, **changes: Any) -> Self:
        """Return the reply with some fields changed: `reply.replace(stop_reason="max_tokens")`."""
        return dataclasses.replace(self, **changes)

    def to_turn(self, request: JSONObject, seed: str) -> Turn:
        """Return the turn for this request; `seed` becomes a part of the ids of its tool calls."""
        content: list[Block] = []
        texts: dict[int, str] = {}
        for part in self.parts:
            block = output_block(part.value, request) if isinstance(part, OutputPart) else part
            if isinstance(block, RawToolCall):
                texts[len(content)] = block.text
                content.append(_tool_use_block(block.name, {}, f"toolu_{seed}{len(content):02}"))
            elif block.get("type") == "tool_use":
                content.append(
                    {**_tool_use_block(block["name"], block["input"], f"toolu_{seed}{len(content):02}"), **block}
                )
            else:
                content.append(dict(block))
        has_calls = any(block.get("type") == "tool_use" for block in content)
        stop_reason = self.stop_reason or ("tool_use" if has_calls else "end_turn")
        turn = Turn(
            content, texts, stop_reason, self.stop_details, self.usage, self.stop_sequence, self.container,
            tuple(self.applied_edits),
        )  # fmt: skip
        return turn.for_request(request) if self.stop_reason is None else turn


def _tool_use_block(name: str, arguments: JSONObject, call_id: str) -> Block:
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments}
