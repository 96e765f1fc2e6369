"""The answer of a run: taken once, when one fits the output type; one that does not is told why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from agentkit.answer import AnswerSpec, InvalidAnswer
from agentkit.events import OutputRejected
from agentkit.execute import Executed
from agentkit.result import Answer

if TYPE_CHECKING:
    from agentkit.messages import ToolCall
    from agentkit.scope import Scope

Out = TypeVar("Out")


@dataclass(slots=True)
class AnswerBox(Generic[Out]):
    """Where the answer of one run is kept."""

    spec: AnswerSpec[Out]
    scope: Scope
    answer: Answer[Out] | None = None

    async def take_text(self, text: str) -> str | None:
        """Take an answer that came as text. Returns why it does not fit; None: it does."""
        try:
            self.answer = Answer(self.spec.from_text(text))
        except InvalidAnswer as error:
            return await self.reject(str(error))
        return None

    async def take_call(self, call: ToolCall) -> Executed:
        """Take an answer that came by the answer tool. Returns the result of that call."""
        if self.answer is not None:
            return Executed("You have given your answer already; this one was not taken.", is_error=True)
        try:
            self.answer = Answer(self.spec.from_call(call))
        except InvalidAnswer as error:
            return Executed(await self.reject(str(error)), is_error=True)
        return Executed("Your answer was taken.")

    async def reject(self, reason: str) -> str:
        """Report that an answer goes back for a reason, which is returned."""
        await self.scope.emit(lambda place: OutputRejected(**place, reason=reason))
        return reason
