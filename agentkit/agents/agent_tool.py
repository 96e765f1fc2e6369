"""An agent as a tool: the parent's model writes the input, the child answers in a conversation of its own."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeAlias, cast

from agentkit.agents.child_run import ChildRun, describe_failure
from agentkit.agents.escalation import agents_to_try, replace_model
from agentkit.errors import DefinitionError, ToolError, UsageError
from agentkit.loop.background_run import StopSignal
from agentkit.loop.parent_call import ParentCall
from agentkit.messages.message import JSON, JSONObject, ToolCall, encode, text_block
from agentkit.messages.unsendable import find_unsendable
from agentkit.run.agent_spec import AgentSpec, In, Out
from agentkit.run.delegate import Delegate, DelegatingTool
from agentkit.run.delegation_terms import Terms, model_id
from agentkit.run.outcome import Outcome
from agentkit.schema import compile_type
from agentkit.schema.validation.arguments import SchemaMismatch, invalid_arguments_header, validate_or_explain
from agentkit.schema.validation.object_form import ObjectForm
from agentkit.tools.decorator import Effect, ToolOptions
from agentkit.tools.json_forms import NoJsonForm
from agentkit.tools.result_content import unshowable_result
from agentkit.tools.run_context import services_of
from agentkit.tools.serialization import json_text

if TYPE_CHECKING:
    from agentkit.run.result import RunResult
    from agentkit.tools.run_context import RunContext
    from agentkit.tools.toolset import AnyTool

_EFFECTS_STRONGEST_FIRST: tuple[Effect, ...] = ("write", "idempotent", "read")
_INPUT_KEY = "input"
"""The only property of the tool input where the sub-agent's input type is not an object itself."""
_MODEL_KEY = "model"
"""The property of the tool input that chooses the model of a call."""

AnyAgent: TypeAlias = AgentSpec[Any, In, Out]
"""An agent, whatever its type of deps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """The task of a sub-agent: all that it gets to know, so it has to stand on its own."""

    objective: str
    """The question or the task, in full sentences, with everything that the sub-agent has to know for it."""
    output_format: str = ""
    """The content that the answer should have, and its length."""
    sources: list[str] = field(default_factory=list[str])
    """Sources to read or use: ids, names, addresses."""
    boundaries: str = ""
    """Limits: things that are not to be done, and when to stop."""


class AgentTool(DelegatingTool[[In], Coroutine[Any, Any, Out]], Generic[In, Out]):
    """An agent that another one may call; its effect is the strongest among all tools in reach. Made by `as_tool()`.

    Called from Python, `await reader_tool(document)`, it runs the agent by itself and returns its output.
    """

    def __init__(self, agent: AnyAgent[In, Out], name: str, description: str, terms: Terms[Out]) -> None:
        try:
            body = AgentToolBody(agent, terms)
        except DefinitionError as error:
            raise DefinitionError(f"Agent({agent.name!r}): {error}") from error
        super().__init__(body, body.run, name, description, _tool_options(agent, terms))
        self.agent = agent
        self.terms = terms
        self.child_body = body
        """The body of the tool: it runs the child."""

    @property
    def delegates(self) -> Sequence[Delegate]:
        """See `DelegatingTool.delegates`."""
        return (self,)

    async def rebuild(self, call: ToolCall, ctx: RunContext[object], *, was_cut_off: bool = False) -> None:
        """See `DelegatingTool.rebuild`."""
        services = services_of(ctx)
        if isinstance(services, ParentCall):
            await ChildRun([self.agent], self.terms, services).rebuild(was_cut_off=was_cut_off)

    async def record_drop(self, call: ToolCall, ctx: RunContext[object]) -> None:
        """See `DelegatingTool.record_drop`."""
        services = services_of(ctx)
        if isinstance(services, ParentCall):
            await ChildRun([self.agent], self.terms, services).record_drop()


class AgentToolBody(Generic[In, Out]):
    """The body of an AgentTool: it turns a parent's tool call into a child run."""

    has_unresolved_types = False
    needs_context = False
    deps_demand = None
    returns: object = object

    def __init__(self, agent: AnyAgent[In, Out], terms: Terms[Out]) -> None:
        self.agent = agent
        self.terms = terms
        self._form = _brief_form() if agent.input_spec.is_text else ObjectForm(agent.input_spec.schema, _INPUT_KEY)
        self.input_schema = _with_model_choice(self._form.input_schema, agent, terms)
        """See `ToolBody.input_schema`."""
        # A changed agent compiles its types again: here, once, and not in every call.
        self._agents_by_model_name = {
            name: agents_to_try(replace_model(agent, model), terms) for name, model in terms.models.items()
        }
        self._agents_to_try = agents_to_try(agent, terms)

    def parse_arguments(self, tool: str, given: Mapping[str, object]) -> Mapping[str, object]:
        """Return the child's input and the name of the chosen model, if one was chosen. Raises InvalidArguments."""
        header, own = invalid_arguments_header(tool), dict(given)
        chosen = own.pop(_MODEL_KEY, None) if self.terms.models else None
        if chosen is not None and not (isinstance(chosen, str) and chosen in self.terms.models):
            validate_or_explain(
                dict(given), self.input_schema, _raise_does_not_fit, header
            )  # raises, with every problem of the input
        return {_INPUT_KEY: self._form.validate_input(own, header), _MODEL_KEY: chosen}

    async def execute(self, arguments: Mapping[str, object], ctx: RunContext[object] | None) -> object:
        """Run the child below the call and return its output for the parent's model. Raises ToolError without one."""
        services = None if ctx is None else services_of(ctx)
        parent = services if isinstance(services, ParentCall) else None
        if parent is not None:
            self.admit_call(parent)
        result = await self.run_child(arguments, parent)
        if result.answer is None:
            raise ToolError(
                describe_failure(
                    self.agent, result, 1 if parent is None else parent.child_runs.count_tries(parent.call)
                )
            )
        answer = self.answer_as_json(result.answer.value)
        text = answer if isinstance(answer, str) else json_text(answer)  # rows are data, whatever they look like
        if result.ok:
            return text
        what = "a guardrail's reply" if result.outcome is Outcome.BLOCKED else "the best answer it had"
        note = f"[The sub-agent `{self.agent.name}` was cut off, {result.outcome}: this is {what}.]"
        return [text_block(text), text_block(note)]

    def answer_as_json(self, answer: Out) -> JSON:
        """Return the child's output as JSON data. Raises ToolError where its serializers fail: the child has run."""
        try:
            return self.agent.output_spec.form.inner.write(answer)
        except Exception as error:
            problem = NoJsonForm(f"its output cannot be written ({type(error).__name__})")
            problem.__cause__ = error
            raise unshowable_result(self.agent.name, problem) from error

    async def run(self, given: In) -> Out:
        """Run the agent by itself."""
        return (await self.run_child(self.arguments_from_input(given), None)).output

    def arguments_from_input(self, given: In | Brief) -> Mapping[str, object]:
        """Return the arguments of `run_child` for an input given in Python."""
        return {_INPUT_KEY: given}

    def admit_call(self, parent: ParentCall) -> None:
        """Record a call that is about to start. Raises ToolError for one that is too deep, or one too many."""
        name, terms = self.agent.name, self.terms
        if parent.depth > terms.max_depth:
            raise ToolError(
                f"The sub-agent `{name}` was not started: it would be {parent.depth} levels below the first agent, and "
                f"at most {terms.max_depth} are allowed.",
                hint="Do the work yourself, with what you have.",
            )
        count = parent.call_number.of_started
        if terms.max_calls is not None and count > terms.max_calls:
            raise ToolError(
                f"The sub-agent `{name}` was not started: this is call {count} of it in this run, and "
                f"at most {terms.max_calls} may be made.",
                hint="Go on with what you have.",
            )
        parent.child_runs.record_start(parent.call)

    async def run_child(
        self, arguments: Mapping[str, object], parent: ParentCall | None, stop_signal: StopSignal | None = None
    ) -> RunResult[Out]:
        """Run the child to its end, under its terms; `stop_signal` ends it earlier."""
        given, model = arguments[_INPUT_KEY], arguments.get(_MODEL_KEY)
        # A Brief takes the place of a text prompt and is sent to the model as JSON.
        prompt = _brief_text(given) if isinstance(given, Brief) else cast("In", given)
        agents = self._agents_to_try if model is None else self._agents_by_model_name[str(model)]
        return await ChildRun(agents, self.terms, parent, stop_signal or StopSignal()).run(prompt)


def _brief_text(brief: Brief) -> str:
    dumped = _brief_form().inner.dump(brief)
    if problem := find_unsendable(dumped):
        raise UsageError(f"The Brief holds {problem}.")
    return encode(dumped).decode()


def _with_model_choice(schema: JSONObject, agent: AnyAgent[In, Out], terms: Terms[Out]) -> JSONObject:
    """Return the input schema with a property for the model. Raises DefinitionError if the input type has one, too."""
    if not terms.models:
        return schema
    if _MODEL_KEY in schema.get("properties", {}):
        raise DefinitionError(f"as_tool(models=...): its input type has a field {_MODEL_KEY!r} of its own")
    names = "; ".join(f"`{name}`: {model_id(model)}" for name, model in terms.models.items())
    description = f"Which model does the work. {names}. Left out: {model_id(agent.model)}."
    menu: JSONObject = {"type": "string", "enum": list(terms.models), "description": description}
    return {**schema, "properties": {**schema.get("properties", {}), _MODEL_KEY: menu}}


def _raise_does_not_fit(_: JSONObject) -> NoReturn:
    raise SchemaMismatch


@cache
def _brief_form() -> ObjectForm[Brief]:
    return ObjectForm(compile_type(Brief), _INPUT_KEY)


def _tool_options(agent: AnyAgent[In, Out], terms: Terms[Out]) -> ToolOptions:
    # Calls that are counted do not start eagerly: all calls of a turn are numbered before the first one starts.
    return {"effect": _agent_effect(agent), "eager": terms.max_calls is None}


def _agent_effect(agent: AnyAgent[In, Out]) -> Effect:
    """Return the strongest effect that an agent can reach; the API's own tools count as writing: it is not known."""
    return "write" if agent.agent_tools.api_tools else strongest_effect(agent.agent_tools.tools.values())


def strongest_effect(tools: Iterable[AnyTool]) -> Effect:
    """Return the strongest effect among some tools; `read` if there are none."""
    reached = {tool.effect for tool in tools}
    for effect in _EFFECTS_STRONGEST_FIRST:
        if effect in reached:
            return effect
    return "read"
