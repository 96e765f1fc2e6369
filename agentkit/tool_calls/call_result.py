"""What came of a tool call; and a call that began before its turn was whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.messages.message import Block, Content, JSONObject, ToolCall, tool_result

if TYPE_CHECKING:
    from anyio import TaskHandle

    from agentkit.run.steps import Slot


@dataclass(frozen=True, slots=True)
class Executed:
    """The answer to one call."""

    content: Content
    is_error: bool = False
    duration_s: float = 0.0

    def to_block(self, call: ToolCall) -> Block:
        """The tool result that goes to the model."""
        return tool_result(call.id, self.content, is_error=self.is_error)

    def to_json(self) -> JSONObject:
        """The answer as JSON, to cross the seam."""
        return {"content": self.content, "is_error": self.is_error, "duration_s": self.duration_s}

    @classmethod
    def of_json(cls, value: JSONObject) -> Executed:
        """The inverse of `to_json`."""
        return cls(**value)


@dataclass(slots=True)
class Begun:
    """A call that began before its turn was whole."""

    call: ToolCall
    """As it was first seen; the call that claims it may have another id."""
    slot: Slot
    task: TaskHandle[None] | None = None
    """In which it runs."""
    claimed_by: ToolCall | None = None
    """The call of a whole turn that its answer goes to. None: there is none yet."""
    answer: Executed | None = None
    """None: it is not over, or it was stopped, or cancelled itself."""
    is_over: bool = False
    is_unwanted: bool = False
    """Whether it is to be stopped."""

    def asks(self, call: ToolCall) -> bool:
        """Whether this call asks the same."""
        mine = self.call
        return mine.name == call.name and (mine.input is call.input or mine.key == call.key)  # a key costs something

    def stop(self) -> None:
        """Cancel it."""
        self.is_unwanted = True
        if self.task is not None:
            self.task.cancel()

    async def wait(self) -> Executed | None:
        """Its answer, once it is over."""
        if not self.is_over and self.task is not None:
            await self.task.wait()
        return self.answer
