"""A tool call at the gates of the guarded runs above it: before it is executed, and before the model reads its result.

Two rules for this file: a gate stands behind the middleware, which may change the call, and before the retries and the
time limit of the tool; and the result is checked as the model would read it, whatever it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from agentkit.errors import ToolError
from agentkit.messages.message import text_block
from agentkit.run.guardrails.gates import GatedCall

if TYPE_CHECKING:
    from agentkit.messages.message import Content, JSONObject
    from agentkit.run.guardrails.gates import ToolGate
    from agentkit.run.middleware import CallTool, ToolRun
    from agentkit.tool_calls.call_result import CallResult
    from agentkit.tools.toolset import AnyTool


@dataclass(slots=True)
class PassedGates:
    """The gates that one tool call passes, and the notes for the model that they give."""

    gates: Sequence[ToolGate]
    messages: Callable[[], Sequence[JSONObject]]
    """Returns the conversation of the agent that makes the call."""
    redact: Callable[[str], str]
    error_result: Callable[[str, AnyTool], CallResult]
    """Returns the result of a call that is not executed, or whose result is withheld."""
    notes: list[str] = field(default_factory=list[str], init=False)

    def around(self, execute: CallTool) -> CallTool:
        """Return a function that executes a call once all gates are open."""

        async def gated(run: ToolRun) -> Content:
            call = GatedCall(run, self.messages)
            for gate in self.gates:
                if note := await gate.before_call(call):
                    self.notes.append(note)
            for gate in self.gates[:-1]:  # while the call waited at the others
                gate.refuse_if_blocked()
            return await execute(run)

        return gated

    async def checked(self, run: ToolRun, result: CallResult) -> CallResult:
        """Return a result that the model may read, with the notes behind it."""
        call, content = GatedCall(run, self.messages), result.content
        if result.added:
            content = [*([text_block(content)] if isinstance(content, str) else content), *result.added]
        try:
            for gate in self.gates:
                if note := await gate.after_call(call, content):
                    self.notes.append(note)
        except ToolError as error:
            return replace(self.error_result(str(error), run.tool), duration_s=result.duration_s)
        added = [text_block(self.redact(note)) for note in self.notes]
        return replace(result, added=[*result.added, *added]) if added else result
