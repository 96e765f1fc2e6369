"""The answer of a run: taken once, when one fits the output type; one that does not is told why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from agentkit.run.events import OutputRejected
from agentkit.run.output import AnswerSpec, InvalidAnswer
from agentkit.run.result import Answer
from agentkit.tool_calls.call_result import Executed

if TYPE_CHECKING:
    from agentkit.messages.message import ToolCall
    from agentkit.run.scope import Scope

Out = TypeVar("Out")

Check: TypeAlias = "Callable[[Out], Awaitable[str | None]]"
"""Looks at an output of the right type: None, or why it goes back. What it raises ends the run."""


@dataclass(slots=True)
class AnswerBox(Generic[Out]):
    """Where the answer of one run is kept."""

    spec: AnswerSpec[Out]
    scope: Scope
    check: Check[Out] | None = None
    """What it has to stand beyond its type. None: nothing."""
    answer: Answer[Out] | None = None

    async def take_text(self, text: str) -> str | None:
        """Take an answer that came as text. Returns why it does not fit; None: it does."""
        try:
            value = self.spec.from_text(text)
        except InvalidAnswer as error:
            return await self.reject(str(error))
        return await self._take(value)

    async def take_call(self, call: ToolCall, not_yet: str | None = None) -> Executed:
        """Take an answer that came by the answer tool, unless there is a reason `not_yet` to. Returns its result."""
        if not_yet is not None:
            return Executed(not_yet, is_error=True)
        if self.answer is not None:
            return Executed("You have given your answer already; this one was not taken.", is_error=True)
        try:
            value = self.spec.from_call(call)
        except InvalidAnswer as error:
            return Executed(await self.reject(str(error)), is_error=True)
        reason = await self._take(value)
        return Executed("Your answer was taken." if reason is None else reason, is_error=reason is not None)

    async def _take(self, value: Out) -> str | None:
        reason = await self.check(value) if self.check is not None else None
        if reason is not None:
            return await self.reject(reason)
        self.answer = Answer(value)
        return None

    async def reject(self, reason: str) -> str:
        """Report that an answer goes back for a reason, which is returned."""
        await self.scope.emit(lambda place: OutputRejected(**place, reason=reason))
        return reason
