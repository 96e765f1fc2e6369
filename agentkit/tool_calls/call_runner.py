"""Run one tool call through all its layers, from the agent's middleware to the tool, to one result.

A failure becomes an error result here, and nowhere else: between the middleware, the retries and the tool, failures are
exceptions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import anyio

from agentkit.redaction.exception_summary import exception_without_secrets
from agentkit.run.guarded_middleware import ProgramFault, guard_tool_middleware
from agentkit.run.guardrails.gates import GatedCall
from agentkit.run.middleware import AroundTool, CallTool, ToolRun, compose_middleware
from agentkit.tool_calls.call_result import CallResult
from agentkit.tool_calls.cancellation import CancellableCall
from agentkit.tool_calls.failures import error_text_for_model, reraise_exit_or_cancellation
from agentkit.tool_calls.gated_call import PassedGates
from agentkit.tool_calls.retry_and_timeout import TimeoutMiddleware, retry_middleware, run_tool
from agentkit.tools.json_forms import NoJsonForm
from agentkit.tools.result_content import render_result, unshowable_result
from agentkit.tools.run_context import current_services, services_of

if TYPE_CHECKING:
    from agentkit.messages.message import Content, JSONObject, ToolCall
    from agentkit.run.scope import RunScope
    from agentkit.run.steps import Slot
    from agentkit.tools.run_context import RunContext
    from agentkit.tools.toolset import AnyTool


class RecordableRuns(Protocol):
    """Runs that the code of tool calls starts by itself: they have no steps, and are recorded with the call."""

    def runs_of_call(self, call_id: str) -> JSONObject:
        """Return what is recorded of the runs of a call: fields of its step; none if it has started no run."""
        ...

    def restore_runs(self, recorded: JSONObject) -> None:
        """Add the runs of a recorded call, from these fields."""
        ...


@dataclass(slots=True)
class CallRunner:
    """Runs single tool calls of one run."""

    tools: Mapping[str, AnyTool]
    """The tools of the conversation, by name."""
    scope: RunScope
    make_context: Callable[[ToolCall, Slot], RunContext[object]]
    """Makes the RunContext of a call."""
    timeout_s: float
    """Seconds per attempt, for tools without a timeout of their own. Sub-agents have no timeout."""
    max_concurrent_calls: int
    """The most calls that run at once."""
    middleware: Sequence[AroundTool] = ()
    """The agent's tool middleware, which wraps the retries."""
    nested_runs: RecordableRuns | None = None
    """The runs that the code of calls starts. None: they are not recorded with the calls."""
    messages: Callable[[], Sequence[JSONObject]] = tuple
    """Returns the conversation so far, for the gates of the scope."""
    _limiter: anyio.Semaphore | None = field(default=None, init=False)

    @property
    def concurrency_limiter(self) -> anyio.Semaphore:
        """Limits the number of calls that run at once."""
        if self._limiter is None:
            self._limiter = anyio.Semaphore(self.max_concurrent_calls, fast_acquire=True)
        return self._limiter

    async def run_to_result(
        self,
        run: ToolRun,
        is_stop_requested: Callable[[], bool],
        run_innermost: CallTool = run_tool,
        gates: PassedGates | None = None,
    ) -> CallResult:
        """Run a call through all layers and return its result; failures become error results."""
        if gates is None and self.scope.gates:
            gates = self._gates()
            return await gates.checked(run, await self.run_to_result(run, is_stop_requested, run_innermost, gates))
        steps = self.scope.steps
        started = steps.now()
        current_services.set(services_of(run.context))  # the call has a task, and so a context, of its own
        try:
            content = await self._run_layers(run, is_stop_requested, run_innermost, gates)
        except BaseException as error:  # noqa: BLE001 - the one place where a tool's failure becomes a value
            reraise_exit_or_cancellation(error)
            return replace(  # no name for it here: the exception holds this frame
                self.error_result(error_text_for_model(error, run.tool, run.context), run.tool),
                duration_s=round(steps.now() - started, 4),
                program_fault=self.scope.redactor.text(str(error)) if isinstance(error, ProgramFault) else "",
                exception=self._exception_for_listener(error),
            )
        added = run.context._added  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - every call passes here
        if gates is not None:
            added = [*map(deepcopy, added)]  # the code of the tool may go on, and add more than is checked
        return CallResult(content, added=added, duration_s=round(steps.now() - started, 4))

    async def checked(self, run: ToolRun, result: CallResult) -> CallResult:
        """Return a result that did not come from running the call, as guardrails let the model read it."""
        return await self._gates().checked(run, result) if self.scope.gates else result

    def _gates(self) -> PassedGates:
        return PassedGates(self.scope.gates, self.messages, self.scope.redactor.text, self.error_result)

    async def replay_gates(self, call: ToolCall, slot: Slot) -> None:
        """Note the verdicts that an earlier execution has recorded on a call which is not made again."""
        tool = self.tools.get(call.name)
        if tool is not None:
            for gate in self.scope.gates:
                run = ToolRun(call, tool, self.make_context(call, slot), self.scope.path)
                await gate.replay(GatedCall(run, self.messages))

    def _exception_for_listener(self, error: BaseException) -> BaseException | None:
        return None if self.scope.listener is None else exception_without_secrets(error, self.scope.redactor.text)

    def error_result(self, text: str, tool: AnyTool | None = None) -> CallResult:
        """Return an error result, clipped and redacted as any other result."""
        content = render_result(text, tool.max_result_tokens if tool else None)
        return CallResult(self.scope.redactor.content(content), is_error=True)

    async def _run_layers(
        self, run: ToolRun, is_stop_requested: Callable[[], bool], run_innermost: CallTool, gates: PassedGates | None
    ) -> Content:
        timeout = TimeoutMiddleware(self.timeout_s, is_stop_requested)
        layers = compose_middleware([retry_middleware, timeout] if run.tool.retries else [timeout], run_innermost)
        if gates is not None:
            layers = gates.around(layers)
        if not self.middleware:
            return await layers(run)
        tool_contents: list[Content] = []

        async def inner(run: ToolRun) -> Content:
            tool_contents.append(await layers(run))
            return tool_contents[-1]

        middleware = compose_middleware(guard_tool_middleware(self.middleware), inner)
        content = await CancellableCall(middleware(run), run.tool.name, is_stop_requested)
        if any(content is one for one in tool_contents):
            return content  # already rendered, clipped and redacted by the tool
        try:
            return self.scope.redactor.content(render_result(content, run.tool.max_result_tokens))
        except NoJsonForm as error:
            raise unshowable_result(run.tool.name, error) from error
