"""Run the tool calls of one turn concurrently; every call gets exactly one tool result, in the model's order.

Two rules for this file: a tool's failure becomes an error result before its step is recorded, so no call can cost
another its result; and a slot is reserved for every call before the first one starts. Between the middleware, the
retries and the tool, failures are exceptions.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import anyio
import anyio.lowlevel

from agentkit.messages.message import Content, ToolCall, text_of
from agentkit.run.events import ToolFinished, ToolProgress, ToolStarted
from agentkit.run.middleware import AroundTool, ToolRun, compose_middleware
from agentkit.run.steps import run_typed_step
from agentkit.tool_calls.call_result import CallResult, EagerCall
from agentkit.tool_calls.cancellation import CancellableCall, ParentCancellation
from agentkit.tool_calls.failures import error_text_for_model, reraise_exit_or_cancellation
from agentkit.tool_calls.retry_and_timeout import TimeoutMiddleware, retry_middleware, run_tool
from agentkit.tools.result_content import render_result

if TYPE_CHECKING:
    from agentkit.run.scope import RunScope
    from agentkit.run.steps import Slot
    from agentkit.tools.run_context import RunContext
    from agentkit.tools.toolset import AnyTool


@dataclass(slots=True)
class ToolCallExecutor:
    """Runs the tool calls of one run, turn by turn."""

    tools: Mapping[str, AnyTool]
    """The tools of the agent, by name."""
    scope: RunScope
    make_context: Callable[[ToolCall, Slot], RunContext[object]]
    """Makes the RunContext of a call."""
    timeout_s: float
    """Seconds per attempt, for tools without a timeout of their own. Sub-agents have no timeout."""
    concurrency_limiter: anyio.Semaphore
    """Limits the number of calls that run at once."""
    middleware: Sequence[AroundTool] = ()
    """The agent's tool middleware, which wraps the retries."""
    results: dict[str, CallResult] = field(default_factory=dict[str, CallResult])
    """The results of the turn, by call id: complete when `run` returns, partial when it was cancelled."""

    async def run(
        self,
        calls: Sequence[ToolCall],
        allowed_tools: frozenset[str] | None = None,
        eager_calls: Mapping[str, EagerCall] | None = None,
    ) -> None:
        """Run all calls of a turn and fill `results`.

        Args:
            calls: The calls of the turn, in the model's order.
            allowed_tools: Calls of any other tool get an error result. None: all tools are allowed.
            eager_calls: Calls that run already, by call id; they are only waited for.
        """
        slots = {call.id: self.scope.steps.reserve(f"tool:{call.id}") for call in calls}
        unfinished = dict(eager_calls or {})
        for call in calls:
            if call.id in unfinished:
                await self._claim_eager_call(call, unfinished[call.id])
        others = [call for call in calls if call.id not in unfinished]
        if any(_is_exclusive(call, self.tools) for call in others):
            await self._await_eager_calls(unfinished, slots)
        for batch in _batches(others, self.tools):
            try:
                async with anyio.create_task_group() as tasks:
                    parent_cancellation = ParentCancellation(tasks)
                    for call in batch:
                        tasks.start_soon(
                            self._process_call,
                            call,
                            slots[call.id],
                            allowed_tools,
                            parent_cancellation,
                            name=f"tool {call.name}",
                        )
            except BaseExceptionGroup as group:  # only an interrupt or an exit escapes a call
                raise first_leaf_exception(group) from None
        await self._await_eager_calls(unfinished, slots)
        for call in calls:  # a tool that cancels its own task leaves no result
            if call.id not in self.results:
                await self._record_result(call, self._error_result(f"`{call.name}` cancelled itself."))
        await anyio.lowlevel.checkpoint_if_cancelled()  # raises a cancellation that every call swallowed

    async def run_eagerly(self, eager_call: EagerCall, parent_cancellation: ParentCancellation) -> None:
        """Run a call of a turn that is still streaming."""
        call, tool = eager_call.call, self.tools[eager_call.call.name]
        await self._emit_started(call)
        async with self.concurrency_limiter:
            run = ToolRun(call, tool, self.make_context(call, eager_call.slot))
            eager_call.result = await self._run_to_result(
                run, lambda: eager_call.is_stop_requested or parent_cancellation.poll()
            )
        if eager_call.claimed_by is not None:
            await self._record_result(eager_call.claimed_by, eager_call.result)
        eager_call.is_done = True

    async def report_discarded(self, eager_call: EagerCall, reason: str) -> None:
        """Emit ToolFinished for an eager call that no turn claims."""
        await self._emit_finished(eager_call.call, self._error_result(reason))

    async def _claim_eager_call(self, call: ToolCall, eager_call: EagerCall) -> None:
        """Give the result of an eager call to a call of the turn, now or when it is there."""
        if call.id != eager_call.call.id:
            await self._emit_finished(
                eager_call.call, CallResult(f"Its turn was requested again: it continues as {call.id}.")
            )
            await self._emit_started(call)
        eager_call.claimed_by = call
        if eager_call.result is not None:
            await self._record_result(call, eager_call.result)

    async def _await_eager_calls(self, unfinished: dict[str, EagerCall], slots: Mapping[str, Slot]) -> None:
        """Wait for each unfinished eager call, as a recorded step, and remove it from `unfinished`."""
        while unfinished:
            call_id = next(iter(unfinished))
            eager_call = unfinished.pop(call_id)

            async def wait_as_step(eager_call: EagerCall = eager_call) -> CallResult:
                return await eager_call.wait_for_result() or self._error_result(
                    f"`{eager_call.call.name}` cancelled itself."
                )

            result = await run_typed_step(
                self.scope.steps, slots[call_id], wait_as_step, CallResult.to_json, CallResult.from_json
            )
            if call_id not in self.results and eager_call.claimed_by is not None:
                await self._record_result(eager_call.claimed_by, result)

    async def _record_result(self, call: ToolCall, result: CallResult) -> None:
        self.results[call.id] = result
        await self._emit_finished(call, result)

    async def _emit_started(self, call: ToolCall) -> None:
        tool = self.tools.get(call.name)
        is_agent = tool is not None and tool.is_agent
        await self.scope.emit(
            lambda origin: ToolStarted(**origin, call_id=call.id, name=call.name, input=call.input, is_agent=is_agent)
        )

    async def _process_call(
        self, call: ToolCall, slot: Slot, allowed_tools: frozenset[str] | None, parent_cancellation: ParentCancellation
    ) -> None:
        await self._emit_started(call)
        tool = self.tools.get(call.name)
        if allowed_tools is not None and call.name not in allowed_tools:
            result = self._error_result("Not executed: this was the last turn.")
        elif tool is None:
            result = self._error_result(_unknown_tool_text(call.name, self.tools))
        elif call.invalid_input is not None:
            result = self._error_result(_invalid_json_text(call))
        else:
            async with self.concurrency_limiter:
                result = await self._run_as_step(call, slot, tool, parent_cancellation.poll)
        await self._record_result(call, result)

    async def _emit_finished(self, call: ToolCall, result: CallResult) -> None:
        await self.scope.emit(
            lambda origin: ToolFinished(
                **origin,
                call_id=call.id,
                name=call.name,
                is_error=result.is_error,
                text=text_of(result.content),
                duration_s=result.duration_s,
            )
        )

    async def _run_as_step(
        self, call: ToolCall, slot: Slot, tool: AnyTool, is_stop_requested: Callable[[], bool]
    ) -> CallResult:
        run = ToolRun(call, tool, self.make_context(call, slot))
        # A sub-agent records its own steps, so its run is not inside a step of the parent.
        agent_result = await self._run_to_result(run, is_stop_requested) if tool.is_agent else None

        async def run_once() -> CallResult:
            return agent_result or await self._run_to_result(run, is_stop_requested)

        return await run_typed_step(self.scope.steps, slot, run_once, CallResult.to_json, CallResult.from_json)

    async def _run_to_result(self, run: ToolRun, is_stop_requested: Callable[[], bool]) -> CallResult:
        """Run a call through all layers and return its result; failures become error results."""
        started = time.monotonic()
        try:
            content = await self._run_layers(run, is_stop_requested)
        except BaseException as error:  # noqa: BLE001 - the one place where a tool's failure becomes a value
            reraise_exit_or_cancellation(error)
            result = self._error_result(error_text_for_model(error, run.tool, run.context), run.tool)
        else:
            result = CallResult(content)
        return replace(result, duration_s=round(time.monotonic() - started, 4))

    async def _run_layers(self, run: ToolRun, is_stop_requested: Callable[[], bool]) -> Content:
        timeout = TimeoutMiddleware(self.timeout_s, is_stop_requested)
        layers = compose_middleware([retry_middleware, timeout] if run.tool.retries else [timeout], run_tool)
        if not self.middleware:
            return await layers(run)
        tool_contents: list[Content] = []

        async def inner(run: ToolRun) -> Content:
            tool_contents.append(await layers(run))
            return tool_contents[-1]

        content = await CancellableCall(
            compose_middleware(self.middleware, inner)(run), run.tool.name, is_stop_requested
        )
        if any(content is one for one in tool_contents):
            return content  # already rendered, clipped and redacted by the tool
        return self.scope.redactor.content(_checked_middleware_content(content, run.tool))

    def _error_result(self, text: str, tool: AnyTool | None = None) -> CallResult:
        """Return an error result, clipped and redacted as any other result."""
        content = render_result(text, tool.max_result_tokens if tool else None)
        return CallResult(self.scope.redactor.content(content), is_error=True)


def progress_reporter(scope: RunScope, call: ToolCall) -> Callable[[str, float | None, float | None], None]:
    """Return the listener for `ctx.progress(...)` of a call; it emits ToolProgress."""

    def report(message: str, done: float | None, total: float | None) -> None:
        scope.emit_soon(
            lambda origin: ToolProgress(
                **origin, call_id=call.id, name=call.name, message=message, done=done, total=total
            )
        )

    return report


def _checked_middleware_content(content: object, tool: AnyTool) -> Content:
    """Return the content from middleware in a form that a request can carry.

    Raises:
        TypeError: Middleware returned neither text nor blocks.
    """
    if not isinstance(content, str | list):
        raise TypeError(
            f"middleware around the tool `{tool.name}` returned {type(content).__name__}: return what `next(call)` "
            "returns, or text"
        )
    return render_result(cast("Content", content), tool.max_result_tokens)


def _is_exclusive(call: ToolCall, tools: Mapping[str, AnyTool]) -> bool:
    tool = tools.get(call.name)
    return tool is not None and tool.exclusive


def _batches(calls: Sequence[ToolCall], tools: Mapping[str, AnyTool]) -> Iterator[Sequence[ToolCall]]:
    """Yield the calls in batches that run concurrently; a call of an exclusive tool is a batch of its own."""
    together: list[ToolCall] = []
    for call in calls:
        if not _is_exclusive(call, tools):
            together.append(call)
            continue
        if together:
            yield together
        yield [call]
        together = []
    if together:
        yield together


def first_leaf_exception(error: BaseException) -> BaseException:
    """Return the first exception inside nested exception groups."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error


def _unknown_tool_text(name: str, tools: Mapping[str, AnyTool]) -> str:
    close = difflib.get_close_matches(name, tools, n=1)
    hint = f" Did you mean `{close[0]}`?" if close else ""
    return f"There is no tool `{name}`.{hint} Nothing was executed. The tools are: {', '.join(tools) or 'none'}."


def _invalid_json_text(call: ToolCall) -> str:
    return (
        f"The arguments of `{call.name}` are not one JSON object, so nothing was executed. They began: "
        f"{call.invalid_input}. Call it again with one complete JSON object."
    )
