"""Sub-agents in the background: the model starts them, goes on, and collects their results when it needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from agentkit.agents.agent_tool import AgentTool, strongest_effect
from agentkit.agents.child_run import told_of_failure
from agentkit.errors import DefinitionError, UsageError
from agentkit.loop.child_runs import CANCEL_TOOL, COLLECT_TOOL, START_TOOL, OffSwitch
from agentkit.loop.parent_call import Delegation
from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.subschemas import rebuild, walk
from agentkit.schema.validation.arguments import DoesNotFit, invalid_arguments, read
from agentkit.tool_calls.failures import let_pass, told_to_model
from agentkit.tools.decorator import Effect, Tool, tool
from agentkit.tools.run_context import RunContext
from agentkit.tools.toolset import AnyTool, Toolset

if TYPE_CHECKING:
    from agentkit.run.result import RunResult

AnyAgentTool: TypeAlias = AgentTool[Any, Any]

_ABOUT = (
    "Start a sub-agent in the background. This returns a handle at once: go on with your own work, and call "
    f"`{COLLECT_TOOL}` when you need what it found. The sub-agents are:"
)
_CANCELLED = f"It was stopped by `{CANCEL_TOOL}`."


_NEEDS_RUN = "Sub-agents run in the background of a run only: give these tools to an agent, and run that."


def background(*agents: AnyAgentTool) -> Toolset:
    """Return the tools `start_agent`, `collect_agent` and `cancel_agent` for these agents: delegation without waiting.

    `tools=[background(reader.as_tool(), writer.as_tool(timeout_s=60))]`. A start returns a handle (`reader-1`) at once,
    and the child runs in the background, under the terms of its `as_tool`. Runs that still go on when the parent's
    model gives its answer are stopped and listed in `result.unfinished`; the model is reminded of them once before.
    Raises DefinitionError for anything but agents as tools, and for two of one name.
    """
    for agent in agents:
        if not isinstance(agent, AgentTool):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may pass any type
            raise DefinitionError(f"background(...) takes agents as tools, `reader.as_tool()`, not {agent!r}")
    if not agents:
        raise DefinitionError("background(...) needs at least one agent: `background(reader.as_tool())`")
    Toolset("background", agents)  # raises for two of one name
    start = _StartTool({agent.name: agent for agent in agents})
    return Toolset("background", [start, *_others(start.effect)])


class _StartTool(Tool[..., object]):
    """The tool that starts one of its agents."""

    is_agent = True

    def __init__(self, agents: Mapping[str, AnyAgentTool]) -> None:
        self._agents = agents
        listed = [f"- `{agent.name}`: {agent.description}".rstrip(": ") for agent in agents.values()]
        description = "\n".join([_ABOUT, *listed])
        body = _Start(agents)
        effect = strongest_effect(agents.values())
        super().__init__(body, body.run, START_TOOL, description, {"effect": effect, "eager": False})

    @property
    def delegates(self) -> Sequence[AnyTool]:
        """See `Tool.delegates`."""
        return tuple(self._agents.values())


class _Start:
    """The body of the tool that starts an agent."""

    is_waiting = False
    needs_context = True
    returns: object = dict[str, str]

    def __init__(self, agents: Mapping[str, AnyAgentTool]) -> None:
        self._agents = agents
        self.input_schema = _schema(agents)
        """See `ToolBody.input_schema`."""

    def read(self, tool: str, given: Mapping[str, object]) -> Mapping[str, object]:
        """Return the agent and its parsed arguments. Raises InvalidArguments."""

        def validate(value: JSONObject) -> JSONObject:
            if value.keys() != {"agent", "input"} or not isinstance(value["input"], dict):
                raise DoesNotFit
            if not isinstance(value["agent"], str) or value["agent"] not in self._agents:
                raise DoesNotFit
            return value

        value = read(dict(given), self.input_schema, validate, invalid_arguments(tool))
        agent = self._agents[value["agent"]]
        return {"agent": agent, "arguments": agent.child.read(tool, value["input"])}

    async def work(self, arguments: Mapping[str, Any], ctx: RunContext[object] | None) -> object:
        """Start the agent below the call and return its first report."""
        if ctx is None:
            return self.run()
        parent = _run_around(ctx)
        agent: AnyAgentTool = arguments["agent"]
        agent.child.admit(parent)
        return parent.children.start(agent.name, parent.call, partial(_run, agent, arguments["arguments"], ctx))

    def run(self, **_: object) -> object:
        """Raise UsageError: outside of a run there is no background."""
        raise UsageError(_NEEDS_RUN)


def _others(effect: Effect) -> list[AnyTool]:
    """Return the tools that collect and cancel, which are the same for all agents."""

    @tool(name=COLLECT_TOOL, effect="read", eager=False)
    async def collect(ctx: RunContext[Any], handles: list[str], wait: bool = True) -> list[JSONObject]:
        """Get what sub-agents in the background found: for each its state, and its result or why there is none.

        Call it when you need the results to go on, not to look after them: what they found stays until you collect it.

        Args:
            handles: The handles that `start_agent` gave. An empty list: all of them.
            wait: Whether to wait until they have ended. Without it, those that still run are said to be running.
        """
        return await _run_around(ctx).children.collect(handles, waits=wait)

    @tool(name=CANCEL_TOOL, effect=effect, eager=False)
    async def cancel(ctx: RunContext[Any], handles: list[str]) -> list[JSONObject]:
        """Stop sub-agents in the background whose results are no longer needed, and get how far they came.

        Args:
            handles: The handles that `start_agent` gave. An empty list: all of them.
        """
        return await _run_around(ctx).children.cancel(handles, _CANCELLED)

    for one in (collect, cancel):
        one.is_agent = True  # no timeout: it waits for runs with limits of their own; and a replay calls it again
    return [collect, cancel]


def _run_around(ctx: RunContext[object]) -> Delegation:
    if not isinstance(ctx.run, Delegation):
        raise UsageError(_NEEDS_RUN)
    return ctx.run


async def _run(
    agent: AnyAgentTool, arguments: Mapping[str, object], ctx: RunContext[object], off: OffSwitch
) -> JSONObject:
    """Run a child to its end and return the report for the model."""
    parent = _run_around(ctx)
    try:
        result = await agent.child.perform(arguments, parent, off)
    except BaseException as error:  # noqa: BLE001 - as in every tool call, a failure becomes a report
        let_pass(error)
        return {"state": "failed", "error": told_to_model(error, agent, ctx)}
    return _told(agent, result, parent.children.tries(parent.call))


def _told(agent: AnyAgentTool, result: RunResult[Any], tries: int) -> JSONObject:
    if result.answer is None:
        return {"state": str(result.outcome), "error": told_of_failure(result, tries)}
    told: JSONObject = {"state": str(result.outcome), "result": agent.agent.answer.form.inner.dump(result.answer.value)}
    return told if result.ok else {**told, "note": f"It was cut off: this is the best answer it had. {result.reason}"}


def _schema(agents: Mapping[str, AnyAgentTool]) -> JSONObject:
    """Return the input schema of the start tool: the agent, and an input that fits the agent."""
    inputs: list[JSONObject] = []
    definitions: JSONObject = {}
    for name, agent in agents.items():
        schema = agent.input_schema
        if any("$ref" in inner for inner in walk(schema)):  # its definitions move below a key of their own
            definitions[name] = rebuild(schema, partial(_moved, place=f"#/$defs/{name}"))
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


def _moved(schema: JSONObject, place: str) -> JSONObject:
    ref = schema.get("$ref")
    return {**schema, "$ref": ref.replace("#", place, 1)} if isinstance(ref, str) else schema
