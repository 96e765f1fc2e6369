"""Sub-agents in the background: the model starts them, goes on, and collects their results when it needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from agentkit.agents.agent_tool import AgentTool, strongest_effect
from agentkit.agents.child_run import ChildRun, describe_failure
from agentkit.errors import DefinitionError, InvalidArguments, ToolError, UsageError
from agentkit.loop.background_run import StopSignal
from agentkit.loop.child_runs import (
    CANCEL_TOOL,
    CANCELLED_BY_TOOL,
    COLLECT_TOOL,
    START_TOOL,
    STOPPED_BY_PARENT,
)
from agentkit.loop.durable.run_end import EndStep
from agentkit.loop.parent_call import ParentCall
from agentkit.messages.message import JSONObject
from agentkit.run.delegate import Delegate, DelegatingTool
from agentkit.run.steps import RecordedSteps
from agentkit.schema.json_schema.subschemas import transform_schemas, walk_schemas
from agentkit.schema.validation.arguments import SchemaMismatch, invalid_arguments_header, validate_or_explain
from agentkit.tool_calls.failures import error_text_for_model, reraise_exit_or_cancellation
from agentkit.tools.decorator import Effect, tool
from agentkit.tools.run_context import RunContext, services_of
from agentkit.tools.toolset import AnyTool, Toolset

if TYPE_CHECKING:
    from agentkit.messages.message import ToolCall
    from agentkit.run.result import RunResult

AnyAgentTool: TypeAlias = AgentTool[Any, Any]

_START_DESCRIPTION = (
    "Start a sub-agent in the background. This returns a handle at once: go on with your own work, and call "
    f"`{COLLECT_TOOL}` when you need what it found. The sub-agents are:"
)

_NEEDS_RUN_MESSAGE = "Sub-agents run in the background of a run only: give these tools to an agent, and run that."


def background(*agents: AnyAgentTool) -> Toolset:
    """Return the tools `start_agent`, `collect_agent` and `cancel_agent` for these agents: delegation without waiting.

    `tools=[background(reader.as_tool(), writer.as_tool(timeout_s=60))]`. A start returns a handle (`reader-1`) at once,
    and the child runs in the background, under the terms of its `as_tool`. Runs that still go on when the parent's
    model gives its answer are stopped and listed in `result.unfinished`; the model is reminded of them once before.
    Raises DefinitionError for anything but agents as tools, and for two of one name.

    Args:
        agents: Agents as tools, made by `as_tool`.
    """
    for agent in agents:
        if not isinstance(agent, AgentTool):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may pass any type
            raise DefinitionError(f"background(...) takes agents as tools, `reader.as_tool()`, not {agent!r}")
    if not agents:
        raise DefinitionError("background(...) needs at least one agent: `background(reader.as_tool())`")
    Toolset("background", agents)  # raises for two of one name
    start = _StartAgentTool({agent.name: agent for agent in agents})
    return Toolset("background", [start, *_collect_and_cancel_tools(start.effect)])


class _StartAgentTool(DelegatingTool[..., object]):
    """The tool that starts one of its agents."""

    def __init__(self, agents: Mapping[str, AnyAgentTool]) -> None:
        self._agents = agents
        listed = [f"- `{agent.name}`: {agent.description}".rstrip(": ") for agent in agents.values()]
        description = "\n".join([_START_DESCRIPTION, *listed])
        body = _StartAgentBody(agents)
        effect = strongest_effect(agents.values())
        super().__init__(body, body.run, START_TOOL, description, {"effect": effect, "eager": False})

    @property
    def delegates(self) -> Sequence[Delegate]:
        """See `DelegatingTool.delegates`."""
        return tuple(self._agents.values())

    def may_start(self, call: ToolCall) -> bool:
        """See `DelegatingTool.may_start`."""
        return str(call.input.get("agent")) in self._agents

    async def rebuild(self, call: ToolCall, ctx: RunContext[object], *, was_cut_off: bool = False) -> None:
        """See `DelegatingTool.rebuild`. In a run that goes on, the sub-agent goes on, too; an end comes first.

        The run around it does not wait for what it has recorded: it might stop a sub-agent that had ended.
        """
        parent, agent = _parent_call_of(ctx), self._agents.get(str(call.input.get("agent")))
        if not isinstance(parent.scope.steps, RecordedSteps):
            with suppress(InvalidArguments, ToolError):  # the recorded call has failed in the same way
                await self.call(call.input, ctx)
            if agent is not None:
                end = EndStep.reserve(parent.child_scope(agent.agent.name).steps)
                if end is not None and end.slot.is_recorded:
                    await parent.child_runs.wait_for_end(agent.name, call)
        elif agent is not None:
            await ChildRun([agent.agent], agent.terms, parent).rebuild(was_cut_off=was_cut_off)
            parent.child_runs.note_ended(agent.name, call, {})


class _StartAgentBody:
    """The body of the tool that starts an agent."""

    has_unresolved_types = False
    needs_context = True
    deps_demand = None
    returns: object = dict[str, str]

    def __init__(self, agents: Mapping[str, AnyAgentTool]) -> None:
        self._agents = agents
        self.input_schema = _start_schema(agents)
        """See `ToolBody.input_schema`."""

    def parse_arguments(self, tool: str, given: Mapping[str, object]) -> Mapping[str, object]:
        """Return the agent and its parsed arguments. Raises InvalidArguments."""

        def validate(value: JSONObject) -> JSONObject:
            if value.keys() != {"agent", "input"} or not isinstance(value["input"], dict):
                raise SchemaMismatch
            if not isinstance(value["agent"], str) or value["agent"] not in self._agents:
                raise SchemaMismatch
            return value

        value = validate_or_explain(dict(given), self.input_schema, validate, invalid_arguments_header(tool))
        agent = self._agents[value["agent"]]
        return {"agent": agent, "arguments": agent.child_body.parse_arguments(tool, value["input"])}

    async def execute(self, arguments: Mapping[str, Any], ctx: RunContext[object] | None) -> object:
        """Start the agent below the call and return its first report."""
        if ctx is None:
            return self.run()
        parent = _parent_call_of(ctx)
        agent: AnyAgentTool = arguments["agent"]
        agent.child_body.admit_call(parent)
        return parent.child_runs.start_in_background(
            agent.name, parent.call, partial(_run_and_report, agent, arguments["arguments"], ctx)
        )

    def run(self, **_: object) -> object:
        """Raise UsageError: outside of a run there is no background."""
        raise UsageError(_NEEDS_RUN_MESSAGE)


def _collect_and_cancel_tools(effect: Effect) -> list[AnyTool]:
    """Return the tools that collect and cancel, which are the same for all agents."""

    @tool(name=COLLECT_TOOL, effect="read", eager=False)
    async def collect(ctx: RunContext[Any], handles: list[str], wait: bool = True) -> list[JSONObject]:
        """Get what sub-agents in the background found: for each its state, and its result or why there is none.

        Call it when you need the results to go on, not to look after them: what they found stays until you collect it.

        Args:
            handles: The handles that `start_agent` gave. An empty list: all of them.
            wait: Whether to wait until they have ended. Without it, those that still run are said to be running.
        """
        return await _parent_call_of(ctx).child_runs.collect_reports(handles, waits=wait)

    @tool(name=CANCEL_TOOL, effect=effect, eager=False)
    async def cancel(ctx: RunContext[Any], handles: list[str]) -> list[JSONObject]:
        """Stop sub-agents in the background whose results are no longer needed, and get how far they came.

        Args:
            handles: The handles that `start_agent` gave. An empty list: all of them.
        """
        return await _parent_call_of(ctx).child_runs.cancel_runs(handles, CANCELLED_BY_TOOL)

    for one in (collect, cancel):
        one.is_agent = True  # no timeout: it waits for runs with limits of their own; and a replay calls it again
    return [collect, cancel]


def _parent_call_of(ctx: RunContext[object]) -> ParentCall:
    services = services_of(ctx)
    if not isinstance(services, ParentCall):
        raise UsageError(_NEEDS_RUN_MESSAGE)
    return services


async def _run_and_report(
    agent: AnyAgentTool, arguments: Mapping[str, object], ctx: RunContext[object], stop_signal: StopSignal
) -> tuple[JSONObject, bool]:
    """Do what `BackgroundWork` says."""
    parent = _parent_call_of(ctx)
    try:
        result = await agent.child_body.run_child(arguments, parent, stop_signal)
        report = _result_report(agent, result, parent.child_runs.count_tries(parent.call))
        return report, result.reason in STOPPED_BY_PARENT
    except BaseException as error:  # noqa: BLE001 - as in every tool call, a failure becomes a report
        reraise_exit_or_cancellation(error)
        return {"state": "failed", "error": error_text_for_model(error, agent, ctx)}, False


def _result_report(agent: AnyAgentTool, result: RunResult[Any], tries: int) -> JSONObject:
    if result.answer is None:
        return {"state": str(result.outcome), "error": describe_failure(agent.agent, result, tries)}
    report: JSONObject = {
        "state": str(result.outcome),
        "result": agent.child_body.answer_as_json(result.answer.value),
    }
    return (
        report if result.ok else {**report, "note": f"It was cut off: this is the best answer it had. {result.reason}"}
    )


def _start_schema(agents: Mapping[str, AnyAgentTool]) -> JSONObject:
    """Return the input schema of the start tool: the agent, and an input that fits the agent."""
    inputs: list[JSONObject] = []
    definitions: JSONObject = {}
    for name, agent in agents.items():
        schema = agent.input_schema
        if any("$ref" in inner for inner in walk_schemas(schema)):  # its definitions move below a key of their own
            definitions[name] = transform_schemas(schema, partial(_rebase_ref, place=f"#/$defs/{name}"))
            schema = {"$ref": f"#/$defs/{name}"}
        if schema not in inputs:
            inputs.append(schema)
    described = {"description": "What it is to do: all that it gets to know."}
    properties: JSONObject = {
        "agent": {"type": "string", "enum": list(agents), "description": "Who is to do it."},
        "input": {**inputs[0], **described} if len(inputs) == 1 else {"anyOf": inputs, **described},
    }
    schema = {"type": "object", "properties": properties, "required": ["agent", "input"], "additionalProperties": False}
    return {**schema, "$defs": definitions} if definitions else schema


def _rebase_ref(schema: JSONObject, place: str) -> JSONObject:
    ref = schema.get("$ref")
    return {**schema, "$ref": ref.replace("#", place, 1)} if isinstance(ref, str) else schema
