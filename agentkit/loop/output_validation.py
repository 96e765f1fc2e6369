"""Output validation: the first answer that fits the output type is kept, others are rejected with a reason."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from agentkit.log import log
from agentkit.loop.texts_for_model import CALL_ANSWER_TOOL_NOTE
from agentkit.run.events import OutputRejected
from agentkit.run.output import InvalidAnswer, OutputSpec
from agentkit.run.result import Answer
from agentkit.tool_calls.call_result import CallResult

if TYPE_CHECKING:
    from agentkit.messages.message import ToolCall
    from agentkit.run.scope import RunScope

Out = TypeVar("Out")

OutputCheckFunction: TypeAlias = "Callable[[Out], Awaitable[str | None]]"
"""Checks an output of the right type: None, or the reason why it is sent back. An exception ends the run."""


@dataclass(slots=True)
class OutputValidation(Generic[Out]):
    """Validates the answers of one run and keeps the accepted one."""

    spec: OutputSpec[Out]
    scope: RunScope
    output_checks: Sequence[OutputCheckFunction[Out]] = ()
    """Checks of the output beyond its type, one after another."""
    answer: Answer[Out] | None = None
    """The accepted answer. None: there is none yet."""
    last_rejection: str = ""
    """The reason why the last answer was rejected. Empty: none was."""

    async def accept_text(self, text: str, *, by_tool: bool = False) -> str | None:
        """Accept an answer that was given as text. Returns the reason for a rejection; None: it was accepted.

        With `by_tool`, the answer has to come as a call of the answer tool, so a text is rejected.
        """
        if by_tool:
            return await self._reject_output(CALL_ANSWER_TOOL_NOTE)
        try:
            value = self.spec.from_text(text)
        except InvalidAnswer as error:
            return await self._reject_invalid(error)
        return await self._accept_value(value)

    async def accept_call(self, call: ToolCall, reminder: str | None = None) -> CallResult:
        """Accept an answer that was given by the answer tool, and return the tool result; a `reminder` rejects it."""
        if reminder is not None:
            return CallResult(reminder, is_error=True)
        if self.answer is not None:
            return CallResult("You have given your answer already; this one was not taken.", is_error=True)
        try:
            value = self.spec.from_call(call)
        except InvalidAnswer as error:
            return CallResult(await self._reject_invalid(error), is_error=True)
        reason = await self._accept_value(value)
        return CallResult("Your answer was taken." if reason is None else reason, is_error=reason is not None)

    async def _accept_value(self, value: Out) -> str | None:
        for check in self.output_checks:
            if (reason := await check(value)) is not None:
                return await self._reject_output(reason)
        self.answer = Answer(value)
        return None

    async def _reject_invalid(self, error: InvalidAnswer) -> str:
        if error.__cause__ is not None:
            log().error("a validator of the output failed", exc_info=error.__cause__)
        return await self._reject_output(str(error))

    async def _reject_output(self, reason: str) -> str:
        """Emit OutputRejected and return the reason, without secrets: `verify` may pass on any text."""
        reason = self.scope.redactor.text(reason)
        self.last_rejection = reason
        log().info("answer is rejected and asked for again", reason=reason)
        await self.scope.emit(lambda origin: OutputRejected(**origin, reason=reason))
        return reason
