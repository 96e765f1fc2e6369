"""The result of a tool call, and an eager call: one that starts before its turn is complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.messages.message import Block, Content, JSONObject, ToolCall, tool_result

if TYPE_CHECKING:
    from anyio import TaskHandle

    from agentkit.run.steps import Slot


@dataclass(frozen=True, slots=True)
class Executed:
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
    def of_json(cls, value: JSONObject) -> Executed:
        """Return the result that `to_json` wrote."""
        return cls(**value)


@dataclass(slots=True)
class Begun:
    """A tool call that starts while the reply is still streaming, before its turn is complete."""

    call: ToolCall
    """The call as it was streamed. The call of the complete turn that claims it may have another id."""
    slot: Slot
    task: TaskHandle[None] | None = None
    """The task that runs the call. None: it has not started yet."""
    claimed_by: ToolCall | None = None
    """The call of a complete turn that gets the result. None: no turn has claimed it yet."""
    answer: Executed | None = None
    """The result. None: the call is still running, was stopped, or cancelled itself."""
    is_over: bool = False
    """True once the call has ended with a result."""
    is_unwanted: bool = False
    """True once `stop` was called; a tool that swallows cancellations is then stopped by force."""

    def asks(self, call: ToolCall) -> bool:
        """True if `call` has the same tool and the same input."""
        mine = self.call
        # Identity first: computing a key serializes the input.
        return mine.name == call.name and (mine.input is call.input or mine.key == call.key)

    def stop(self) -> None:
        """Cancel the call, without waiting for its end."""
        self.is_unwanted = True
        if self.task is not None:
            self.task.cancel()

    async def wait(self) -> Executed | None:
        """Wait until the call has ended and return its result; see `result` for None."""
        if not self.is_over and self.task is not None:
            await self.task.wait()
        return self.answer
