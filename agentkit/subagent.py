"""An agent as a tool: the parent's model writes a brief, the child answers in a conversation of its own."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, cast

from agentkit.arguments import invalid_arguments
from agentkit.delegation import Delegation
from agentkit.errors import ToolError
from agentkit.job import Chat, Job
from agentkit.messages import JSONObject, encode
from agentkit.object_form import ObjectForm
from agentkit.schema import compile_type
from agentkit.spec import AgentSpec, In, Out
from agentkit.tools import Effect, Tool

if TYPE_CHECKING:
    from agentkit.budget import Budget
    from agentkit.context import RunContext
    from agentkit.result import RunResult
    from agentkit.spec import RunOptions

_STRONGEST_FIRST: tuple[Effect, ...] = ("write", "idempotent", "read")
_INPUT = "input"
"""The only property of a sub-agent's input that is not an object itself."""

AnyAgent: TypeAlias = AgentSpec[Any, In, Out]
"""An agent, whatever its tools work on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a sub-agent is to do: all that it gets to know, so it has to stand on its own."""

    objective: str
    """What to find out or to do, in full sentences, with everything that the sub-agent has to know for it."""
    output_format: str = ""
    """What the answer should contain, and how long it should be."""
    sources: list[str] = field(default_factory=list[str])
    """What to read or use: ids, names, addresses."""
    boundaries: str = ""
    """What not to do, and when to stop."""


class AgentTool(Tool[[In], Coroutine[Any, Any, Out]], Generic[In, Out]):
    """An agent that another one may call; its effect is the strongest that it can reach. Made by `agent.as_tool()`.

    Called from Python, `await reader_tool(document)`, it runs the agent by itself and returns its output.
    """

    is_agent = True

    def __init__(self, agent: AnyAgent[In, Out], name: str, description: str, budget: Budget | None = None) -> None:
        body = _Child(agent, budget)
        super().__init__(body, body.run, name, description, {"effect": _strongest_effect(agent)})
        self.agent = agent
        self.budget = budget
        """What each call may use. None: what is left above."""


@dataclass(frozen=True)
class _Child(Generic[In, Out]):
    """How a parent's call becomes a child's run: the body of an AgentTool."""

    agent: AnyAgent[In, Out]
    budget: Budget | None
    is_waiting: bool = field(default=False, init=False)
    needs_context: bool = field(default=False, init=False)
    returns: object = field(default=object, init=False)

    @property
    def _form(self) -> ObjectForm[Any]:
        prompt = self.agent.prompt
        return _BRIEF if prompt.is_text else ObjectForm(prompt.schema, _INPUT)

    @property
    def input_schema(self) -> JSONObject:
        """See `Body.input_schema`."""
        return self._form.schema

    def read(self, tool: str, given: Mapping[str, object]) -> Mapping[str, object]:
        """The child's input, under one key: arguments have names."""
        return {_INPUT: self._form.read(dict(given), invalid_arguments(tool))}

    async def work(self, arguments: Mapping[str, object], ctx: RunContext[object] | None) -> object:
        """Run the child in its place below the call; its output goes to the parent's model."""
        parent = ctx.run if ctx is not None and isinstance(ctx.run, Delegation) else None
        result = await self._perform(arguments[_INPUT], parent)
        if result.answer is None:
            raise ToolError(
                f"The sub-agent `{self.agent.name}` gave no answer; its outcome is {result.outcome}. {result.reason}"
            )
        return self.agent.answer.form.inner.dump(result.answer.value)

    async def run(self, given: In) -> Out:
        """Run the agent by itself."""
        return (await self._perform(given, None)).output

    async def _perform(self, given: object, parent: Delegation | None) -> RunResult[Out]:
        # A Brief stands in for a text prompt and goes to the model as JSON.
        prompt = encode(_BRIEF.inner.dump(given)).decode() if isinstance(given, Brief) else cast("In", given)
        options: RunOptions[Any] = {} if self.budget is None else {"budget": self.budget}
        job = Job(self.agent, Chat(), prompt, options, parent)
        try:
            await job.perform(parent.scope.listener if parent else None)
        finally:
            result = job.result()
            if parent is not None:
                parent.adopt(cast("RunResult[object]", result))
        return result


_BRIEF = ObjectForm(compile_type(Brief), _INPUT)


def _strongest_effect(agent: AnyAgent[In, Out]) -> Effect:
    """Of all the tools that an agent can reach; the API's own tools count as writing, since we cannot know."""
    if agent.toolbox.api_tools:
        return "write"
    reached = {tool.effect for tool in agent.toolbox.tools.values()}
    for effect in _STRONGEST_FIRST:
        if effect in reached:
            return effect
    return "read"
