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
from agentkit.run.middleware import AroundTool, ToolRun, composed
from agentkit.run.steps import run_as
from agentkit.tool_calls.call_result import Begun, Executed
from agentkit.tool_calls.cancellation import Above, Driven
from agentkit.tool_calls.failures import let_pass, told_to_model
from agentkit.tool_calls.retry_and_timeout import TimeLimit, perform, retried
from agentkit.tools.result_content import render_result

if TYPE_CHECKING:
    from agentkit.run.scope import Scope
    from agentkit.run.steps import Slot
    from agentkit.tools.run_context import RunContext
    from agentkit.tools.toolset import AnyTool


@dataclass(slots=True)
class Execution:
    """Runs the tool calls of one run, turn by turn."""

    tools: Mapping[str, AnyTool]
    """The tools of the agent, by name."""
    scope: Scope
    context: Callable[[ToolCall, Slot], RunContext[object]]
    """Makes the RunContext of a call."""
    timeout_s: float
    """Seconds per attempt, for tools without a timeout of their own. Sub-agents have no timeout."""
    limiter: anyio.Semaphore
    """Limits the number of calls that run at once."""
    around: Sequence[AroundTool] = ()
    """The agent's tool middleware, which wraps the retries."""
    results: dict[str, Executed] = field(default_factory=dict[str, Executed])
    """The results of the turn, by call id: complete when `run` returns, partial when it was cancelled."""

    async def run(
        self, calls: Sequence[ToolCall], only: frozenset[str] | None = None, begun: Mapping[str, Begun] | None = None
    ) -> None:
        """Run all calls of a turn and fill `results`.

        Args:
            calls: The calls of the turn, in the model's order.
            allowed_tools: Calls of any other tool get an error result. None: all tools are allowed.
            eager_calls: Calls that run already, by call id; they are only waited for.
        """
        slots = {call.id: self.scope.steps.reserve(f"tool:{call.id}") for call in calls}
        early = dict(begun or {})
        for call in calls:
            if call.id in early:
                await self._claim(call, early[call.id])
        others = [call for call in calls if call.id not in early]
        if any(_runs_alone(call, self.tools) for call in others):
            await self._collect(early, slots)
        for batch in _batches(others, self.tools):
            try:
                async with anyio.create_task_group() as tasks:
                    above = Above(tasks)
                    for call in batch:
                        tasks.start_soon(self._answer, call, slots[call.id], only, above, name=f"tool {call.name}")
            except BaseExceptionGroup as group:  # only an interrupt or an exit escapes a call
                raise first_leaf(group) from None
        await self._collect(early, slots)
        for call in calls:  # a tool that cancels its own task leaves no result
            if call.id not in self.results:
                await self._take(call, self._failed(f"`{call.name}` cancelled itself."))
        await anyio.lowlevel.checkpoint_if_cancelled()  # raises a cancellation that every call swallowed

    async def begin(self, begun: Begun, above: Above) -> None:
        """Run a call of a turn that is still streaming."""
        call, tool = begun.call, self.tools[begun.call.name]
        await self._announce(call)
        async with self.limiter:
            run = ToolRun(call, tool, self.context(call, begun.slot))
            begun.answer = await self._settled(run, lambda: begun.is_unwanted or above.ask())
        if begun.claimed_by is not None:
            await self._take(begun.claimed_by, begun.answer)
        begun.is_over = True

    async def throw_away(self, begun: Begun, why: str) -> None:
        """Emit ToolFinished for an eager call that no turn claims."""
        await self._report(begun.call, self._failed(why))

    async def _claim(self, call: ToolCall, begun: Begun) -> None:
        """Give the result of an eager call to a call of the turn, now or when it is there."""
        if call.id != begun.call.id:
            await self._report(begun.call, Executed(f"Its turn was requested again: it continues as {call.id}."))
            await self._announce(call)
        begun.claimed_by = call
        if begun.answer is not None:
            await self._take(call, begun.answer)

    async def _collect(self, early: dict[str, Begun], slots: Mapping[str, Slot]) -> None:
        """Wait for each unfinished eager call, as a recorded step, and remove it from `unfinished`."""
        while early:
            call_id = next(iter(early))
            begun = early.pop(call_id)

            async def effect(begun: Begun = begun) -> Executed:
                return await begun.wait() or self._failed(f"`{begun.call.name}` cancelled itself.")

            answer = await run_as(self.scope.steps, slots[call_id], effect, Executed.to_json, Executed.of_json)
            if call_id not in self.results and begun.claimed_by is not None:
                await self._take(begun.claimed_by, answer)

    async def _take(self, call: ToolCall, answer: Executed) -> None:
        self.results[call.id] = answer
        await self._report(call, answer)

    async def _announce(self, call: ToolCall) -> None:
        tool = self.tools.get(call.name)
        is_agent = tool is not None and tool.is_agent
        await self.scope.emit(
            lambda place: ToolStarted(**place, call_id=call.id, name=call.name, input=call.input, is_agent=is_agent)
        )

    async def _answer(self, call: ToolCall, slot: Slot, only: frozenset[str] | None, above: Above) -> None:
        await self._announce(call)
        tool = self.tools.get(call.name)
        if only is not None and call.name not in only:
            answer = self._failed("Not executed: this was the last turn.")
        elif tool is None:
            answer = self._failed(_unknown(call.name, self.tools))
        elif call.invalid_input is not None:
            answer = self._failed(_not_json(call))
        else:
            async with self.limiter:
                answer = await self._execute(call, slot, tool, above.ask)
        await self._take(call, answer)

    async def _report(self, call: ToolCall, answer: Executed) -> None:
        await self.scope.emit(
            lambda place: ToolFinished(
                **place,
                call_id=call.id,
                name=call.name,
                is_error=answer.is_error,
                text=text_of(answer.content),
                duration_s=answer.duration_s,
            )
        )

    async def _execute(self, call: ToolCall, slot: Slot, tool: AnyTool, is_unwanted: Callable[[], bool]) -> Executed:
        run = ToolRun(call, tool, self.context(call, slot))
        # A sub-agent records its own steps, so its run is not inside a step of the parent.
        answer = await self._settled(run, is_unwanted) if tool.is_agent else None

        async def effect() -> Executed:
            return answer or await self._settled(run, is_unwanted)

        return await run_as(self.scope.steps, slot, effect, Executed.to_json, Executed.of_json)

    async def _settled(self, run: ToolRun, is_unwanted: Callable[[], bool]) -> Executed:
        """Run a call through all layers and return its result; failures become error results."""
        started = time.monotonic()
        try:
            content = await self._content(run, is_unwanted)
        except BaseException as error:  # noqa: BLE001 - the one place where a tool's failure becomes a value
            let_pass(error)
            answer = self._failed(told_to_model(error, run.tool, run.context), run.tool)
        else:
            answer = Executed(content)
        return replace(answer, duration_s=round(time.monotonic() - started, 4))

    async def _content(self, run: ToolRun, is_unwanted: Callable[[], bool]) -> Content:
        limit = TimeLimit(self.timeout_s, is_unwanted)
        layers = composed([retried, limit] if run.tool.retries else [limit], perform)
        if not self.around:
            return await layers(run)
        of_tool: list[Content] = []

        async def inner(run: ToolRun) -> Content:
            of_tool.append(await layers(run))
            return of_tool[-1]

        content = await Driven(composed(self.around, inner)(run), run.tool.name, is_unwanted)
        if any(content is one for one in of_tool):
            return content  # already rendered, clipped and redacted by the tool
        return self.scope.redactor.content(_checked(content, run.tool))

    def _failed(self, text: str, tool: AnyTool | None = None) -> Executed:
        """Return an error result, clipped and redacted as any other result."""
        content = render_result(text, tool.max_result_tokens if tool else None)
        return Executed(self.scope.redactor.content(content), is_error=True)


def progress_reporter(scope: Scope, call: ToolCall) -> Callable[[str, float | None, float | None], None]:
    """Return the listener for `ctx.progress(...)` of a call; it emits ToolProgress."""

    def report(message: str, done: float | None, total: float | None) -> None:
        scope.emit_soon(
            lambda place: ToolProgress(
                **place, call_id=call.id, name=call.name, message=message, done=done, total=total
            )
        )

    return report


def _checked(content: object, tool: AnyTool) -> Content:
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


def _runs_alone(call: ToolCall, tools: Mapping[str, AnyTool]) -> bool:
    tool = tools.get(call.name)
    return tool is not None and tool.exclusive


def _batches(calls: Sequence[ToolCall], tools: Mapping[str, AnyTool]) -> Iterator[Sequence[ToolCall]]:
    """Yield the calls in batches that run concurrently; a call of an exclusive tool is a batch of its own."""
    together: list[ToolCall] = []
    for call in calls:
        if not _runs_alone(call, tools):
            together.append(call)
            continue
        if together:
            yield together
        yield [call]
        together = []
    if together:
        yield together


def first_leaf(error: BaseException) -> BaseException:
    """Return the first exception inside nested exception groups."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error


def _unknown(name: str, tools: Mapping[str, AnyTool]) -> str:
    close = difflib.get_close_matches(name, tools, n=1)
    hint = f" Did you mean `{close[0]}`?" if close else ""
    return f"There is no tool `{name}`.{hint} Nothing was executed. The tools are: {', '.join(tools) or 'none'}."


def _not_json(call: ToolCall) -> str:
    return (
        f"The arguments of `{call.name}` are not one JSON object, so nothing was executed. They began: "
        f"{call.invalid_input}. Call it again with one complete JSON object."
    )
