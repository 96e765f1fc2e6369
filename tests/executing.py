"""Calls executed as a run does it, without a model: tools, calls and middleware in, answers out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agentkit import Event, RunContext
from agentkit.messages.message import JSONObject, ToolCall
from agentkit.redaction.redactor import Redactor
from agentkit.run.middleware import AroundTool
from agentkit.run.scope import EventListener, RunScope
from agentkit.run.steps import InMemorySteps, Slot
from agentkit.tool_calls.call_result import CallResult
from agentkit.tool_calls.call_runner import CallRunner
from agentkit.tool_calls.executor import ToolCallExecutor
from agentkit.tools.run_context import CallServices
from agentkit.tools.toolset import AnyTool


@dataclass(slots=True)
class Heard:
    """A listener that keeps the events."""

    events: list[Event] = field(default_factory=list[Event])

    async def send(self, event: Event) -> None:
        self.events.append(event)

    def send_soon(self, event: Event) -> None:
        self.events.append(event)


def call(name: str, number: int = 1, **given: object) -> ToolCall:
    return ToolCall(f"toolu_{number}", name, given)


def execution(
    tools: Sequence[AnyTool],
    around: Sequence[AroundTool] = (),
    redactor: Redactor | None = None,
    timeout_s: float = 60,
    listener: EventListener | None = None,
) -> ToolCallExecutor:
    scope = RunScope("run", ("a",), InMemorySteps(), redactor=redactor or Redactor(), listener=listener)

    def context(call: ToolCall, slot: Slot) -> RunContext[object]:
        services = CallServices(redactor=scope.redactor)
        return RunContext(deps=None, run_id="run", agent="a", call_id=call.id, _services=services)

    by_name = {tool.name: tool for tool in tools}
    return ToolCallExecutor(CallRunner(by_name, scope, context, timeout_s, 16, around))


async def answers(
    tools: Sequence[AnyTool], *calls: ToolCall, around: Sequence[AroundTool] = (), timeout_s: float = 60
) -> list[CallResult]:
    """The answers in the order of the calls, one each."""
    results: dict[str, CallResult] = {}
    await execution(tools, around, timeout_s=timeout_s).run(calls, results)
    return [results[call.id] for call in calls]


async def answer(
    tool: AnyTool, given: JSONObject | None = None, around: Sequence[AroundTool] = (), timeout_s: float = 60
) -> CallResult:
    (only,) = await answers([tool], call(tool.name, **given or {}), around=around, timeout_s=timeout_s)
    return only
