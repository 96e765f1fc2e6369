"""An agent as a tool: the parent's model writes the input, the child answers in a conversation of its own."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeAlias, cast

from agentkit.agents.child_run import ChildRun, told_of_failure, tries, with_model
from agentkit.errors import DefinitionError, ToolError
from agentkit.loop.child_runs import OffSwitch
from agentkit.loop.parent_call import Delegation
from agentkit.messages.message import JSONObject, encode, text_block
from agentkit.run.agent_spec import AgentSpec, In, Out
from agentkit.run.delegation_terms import Terms, id_of
from agentkit.schema import compile_type
from agentkit.schema.validation.arguments import DoesNotFit, invalid_arguments, read
from agentkit.schema.validation.object_form import ObjectForm
from agentkit.tools.decorator import Effect, Tool, ToolOptions

if TYPE_CHECKING:
    from agentkit.run.result import RunResult
    from agentkit.tools.run_context import RunContext
    from agentkit.tools.toolset import AnyTool

_STRONGEST_FIRST: tuple[Effect, ...] = ("write", "idempotent", "read")
_INPUT = "input"
"""The only property of the tool input where the sub-agent's input type is not an object itself."""
_MODEL = "model"
"""The property of the tool input that chooses the model of a call."""

AnyAgent: TypeAlias = AgentSpec[Any, In, Out]
"""An agent, whatever its type of deps."""


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
    """An agent that another one may call; its effect is the strongest among all tools in reach. Made by `as_tool()`.

    Called from Python, `await reader_tool(document)`, it runs the agent by itself and returns its output.
    """

    is_agent = True

    def __init__(self, agent: AnyAgent[In, Out], name: str, description: str, terms: Terms[Out]) -> None:
        try:
            body = Child(agent, terms)
        except DefinitionError as error:
            raise DefinitionError(f"Agent({agent.name!r}): {error}") from error
        super().__init__(body, body.run, name, description, _options(agent, terms))
        self.agent = agent
        self.terms = terms
        self.child = body
        """The body of the tool: it runs the child."""

    @property
    def delegates(self) -> Sequence[AnyTool]:
        """See `Tool.delegates`."""
        return (self,)


class Child(Generic[In, Out]):
    """The body of an AgentTool: it turns a parent's tool call into a child run."""

    is_waiting = False
    needs_context = False
    returns: object = object

    def __init__(self, agent: AnyAgent[In, Out], terms: Terms[Out]) -> None:
        self.agent = agent
        self.terms = terms
        self._form = _brief() if agent.prompt.is_text else ObjectForm(agent.prompt.schema, _INPUT)
        self.input_schema = _with_menu(self._form.schema, agent, terms)
        """See `ToolBody.input_schema`."""
        # A changed agent compiles its types again: here, once, and not in every call.
        self._on_menu = {name: tries(with_model(agent, model), terms) for name, model in terms.models.items()}
        self._tries = tries(agent, terms)

    def read(self, tool: str, given: Mapping[str, object]) -> Mapping[str, object]:
        """Return the child's input and the name of the chosen model, if one was chosen. Raises InvalidArguments."""
        header, own = invalid_arguments(tool), dict(given)
        chosen = own.pop(_MODEL, None) if self.terms.models else None
        if chosen is not None and not (isinstance(chosen, str) and chosen in self.terms.models):
            read(dict(given), self.input_schema, _refuse, header)  # raises, with every problem of the input
        return {_INPUT: self._form.read(own, header), _MODEL: chosen}

    async def work(self, arguments: Mapping[str, object], ctx: RunContext[object] | None) -> object:
        """Run the child below the call and return its output for the parent's model. Raises ToolError without one."""
        parent = ctx.run if ctx is not None and isinstance(ctx.run, Delegation) else None
        if parent is not None:
            self.admit(parent)
        result = await self.perform(arguments, parent)
        if result.answer is None:
            raise ToolError(told_of_failure(result, 1 if parent is None else parent.children.tries(parent.call)))
        answer = self.agent.answer.form.inner.dump(result.answer.value)
        if result.ok:
            return answer
        note = f"[The sub-agent `{self.agent.name}` was cut off, {result.outcome}: this is the best answer it had.]"
        return [text_block(answer if isinstance(answer, str) else encode(answer).decode()), text_block(note)]

    async def run(self, given: In) -> Out:
        """Run the agent by itself."""
        return (await self.perform(self.arguments(given), None)).output

    def arguments(self, given: In | Brief) -> Mapping[str, object]:
        """Return the arguments of `run_child` for an input given in Python."""
        return {_INPUT: given}

    def admit(self, parent: Delegation) -> None:
        """Record a call that is about to start. Raises ToolError for one that is too deep, or one too many."""
        name, terms = self.agent.name, self.terms
        if parent.depth > terms.max_depth:
            raise ToolError(
                f"The sub-agent `{name}` was not started: it would be {parent.depth} levels below the first agent, and "
                f"at most {terms.max_depth} are allowed.",
                hint="Do the work yourself, with what you have.",
            )
        count = parent.number.of_begun
        if terms.max_calls is not None and count > terms.max_calls:
            raise ToolError(
                f"The sub-agent `{name}` was not started: this is call {count} of it in this run, and "
                f"at most {terms.max_calls} may be made.",
                hint="Go on with what you have.",
            )
        parent.children.began(parent.call)

    async def perform(
        self, arguments: Mapping[str, object], parent: Delegation | None, off: OffSwitch | None = None
    ) -> RunResult[Out]:
        """Run the child to its end, under its terms; `stop_signal` ends it earlier."""
        given, model = arguments[_INPUT], arguments.get(_MODEL)
        # A Brief takes the place of a text prompt and is sent to the model as JSON.
        prompt = encode(_brief().inner.dump(given)).decode() if isinstance(given, Brief) else cast("In", given)
        agents = self._tries if model is None else self._on_menu[str(model)]
        return await ChildRun(agents, self.terms, parent, off or OffSwitch()).perform(prompt)


def _with_menu(schema: JSONObject, agent: AnyAgent[In, Out], terms: Terms[Out]) -> JSONObject:
    """Return the input schema with a property for the model. Raises DefinitionError if the input type has one, too."""
    if not terms.models:
        return schema
    if _MODEL in schema.get("properties", {}):
        raise DefinitionError(f"as_tool(models=...): its input type has a field {_MODEL!r} of its own")
    names = "; ".join(f"`{name}`: {id_of(model)}" for name, model in terms.models.items())
    description = f"Which model does the work. {names}. Left out: {id_of(agent.model)}."
    menu: JSONObject = {"type": "string", "enum": list(terms.models), "description": description}
    return {**schema, "properties": {**schema.get("properties", {}), _MODEL: menu}}


def _refuse(_: JSONObject) -> NoReturn:
    raise DoesNotFit


@cache
def _brief() -> ObjectForm[Brief]:
    return ObjectForm(compile_type(Brief), _INPUT)


def _options(agent: AnyAgent[In, Out], terms: Terms[Out]) -> ToolOptions:
    # Calls that are counted do not start eagerly: all calls of a turn are numbered before the first one starts.
    return {"effect": _effect_of(agent), "eager": terms.max_calls is None}


def _effect_of(agent: AnyAgent[In, Out]) -> Effect:
    """Return the strongest effect that an agent can reach; the API's own tools count as writing: it is not known."""
    return "write" if agent.toolbox.api_tools else strongest_effect(agent.toolbox.tools.values())


def strongest_effect(tools: Iterable[AnyTool]) -> Effect:
    """Return the strongest effect among some tools; `read` if there are none."""
    reached = {tool.effect for tool in tools}
    for effect in _STRONGEST_FIRST:
        if effect in reached:
            return effect
    return "read"
