"""The result of a tool call: as a block for the model, and as JSON for a recorded step."""

from __future__ import annotations

from dataclasses import dataclass, field

from agentkit.messages.message import Block, Content, JSONObject, ToolCall, tool_result


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of one tool call."""

    content: Content
    is_error: bool = False
    duration_s: float = 0.0
    added: list[Block] = field(default_factory=list[Block])
    """Content that stands behind the results of the turn, in the same user message."""
    program_fault: str = ""
    """A mistake of the program in the call, in words: it ends the run when the turn is complete. Empty: none."""
    exception: BaseException | None = field(default=None, repr=False, compare=False)
    """The exception of a failed call, without secrets, for listeners in this process. None: there is none, or the
    result was recorded."""

    def to_block(self, call: ToolCall) -> Block:
        """Return the `tool_result` block that is sent to the model."""
        call_id = call.block_id or call.id
        return tool_result(call_id, self.content, is_error=self.is_error, toolset_name=call.toolset_name)

    def to_json(self) -> JSONObject:
        """Return the result as JSON, the form in which a step is recorded."""
        value: JSONObject = {"content": self.content, "is_error": self.is_error, "duration_s": self.duration_s}
        return value | {name: found for name in ("added", "program_fault") if (found := getattr(self, name))}

    @classmethod
    def from_json(cls, value: JSONObject) -> CallResult:
        """Return the result that `to_json` wrote."""
        return cls(**value)
