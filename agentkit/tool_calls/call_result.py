"""The result of a tool call, and an eager call: one that starts before its turn is complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.messages.message import Block, Content, JSONObject, ToolCall, tool_result

if TYPE_CHECKING:
    from anyio import TaskHandle

    from agentkit.run.steps import Slot


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of one tool call."""

    content: Content
    is_error: bool = False
    duration_s: float = 0.0

    def to_block(self, call: ToolCall) -> Block:
        """Return the `tool_result` block that is sent to the model."""
        return tool_result(call.id, self.content, is_error=self.is_error)

    def to_json(self) -> JSONObject:
        """Return the result as JSON, the form in which a step is recorded."""
        return {"content": self.content, "is_error": self.is_error, "duration_s": self.duration_s}

    @classmethod
    def from_json(cls, value: JSONObject) -> CallResult:
        """Return the result that `to_json` wrote."""
        return cls(**value)


@dataclass(slots=True)
class EagerCall:
    """A tool call that starts while the reply is still streaming, before its turn is complete."""

    call: ToolCall
    """The call as it was streamed. The call of the complete turn that claims it may have another id."""
    slot: Slot
    task: TaskHandle[None] | None = None
    """The task that runs the call. None: it has not started yet."""
    claimed_by: ToolCall | None = None
    """The call of a complete turn that gets the result. None: no turn has claimed it yet."""
    result: CallResult | None = None
    """The result. None: the call is still running, was stopped, or cancelled itself."""
    is_done: bool = False
    """True once the call has ended with a result."""
    is_stop_requested: bool = False
    """True once `stop` was called; a tool that swallows cancellations is then stopped by force."""

    def is_same_call(self, call: ToolCall) -> bool:
        """True if `call` has the same tool and the same input."""
        own = self.call
        # Identity first: computing a key serializes the input.
        return own.name == call.name and (own.input is call.input or own.key == call.key)

    def stop(self) -> None:
        """Cancel the call, without waiting for its end."""
        self.is_stop_requested = True
        if self.task is not None:
            self.task.cancel()

    async def wait_for_result(self) -> CallResult | None:
        """Wait until the call has ended and return its result; see `result` for None."""
        if not self.is_done and self.task is not None:
            await self.task.wait()
        return self.result
