"""The specification of an agent: the frozen fields that runs, conversations and sub-agents are made from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeAlias

from typing_extensions import TypedDict, TypeForm, TypeVar

from agentkit.budget.budget import Budget
from agentkit.budget.prices import Price
from agentkit.errors import DefinitionError, UsageError
from agentkit.models.retry import Retry
from agentkit.redaction.redactor import check_redacted_names
from agentkit.run.delegation_terms import Verify
from agentkit.run.deps_source import DepsSource, given_deps_problem
from agentkit.run.guardrails.guardrail import Guardrail, check_guardrails, check_server_tools
from agentkit.run.input import InputSpec, Render
from agentkit.run.middleware import TreeMiddleware, check_middleware
from agentkit.run.output import OutputSpec
from agentkit.run.settings import Settings
from agentkit.run.value_checks import AGENT_CHECKS, find_run_problem
from agentkit.schema.validation.unknown_options import refuse_unknown_fields, refuse_unknown_options
from agentkit.tools.api_tools import TOOL_SEARCH
from agentkit.tools.decorator import check_name
from agentkit.tools.reserved_names import ANSWER_TOOL
from agentkit.tools.run_context import RunContext
from agentkit.tools.toolset import AgentTools, ToolSource

if TYPE_CHECKING:
    from os import PathLike

    from agentkit.messages.request import PromptPrefix
    from agentkit.models.model import Model
    from agentkit.models.overriding_client import Client
    from agentkit.run.middleware import AroundModel, AroundTool
    from agentkit.run.steps import Steps, StepsStore

Deps = TypeVar("Deps", default=None)
In = TypeVar("In", default=str)
Out = TypeVar("Out", default=str)
SpecT = TypeVar("SpecT", bound="AgentSpec[Any, Any, Any]")

Instructions: TypeAlias = "str | Callable[[RunContext[Deps]], str | Awaitable[str]]"
"""The system prompt, or a function that makes it from the context, once per conversation."""


class RunOptions(TypedDict, Generic[Deps], total=False):
    """Options of one run; `run`, `stream`, `run_sync`, `map` and conversations all take them.

    None is the same as not given, except for `deps`.
    """

    deps: Deps
    """The value for `ctx.deps`, instead of opening the agent's own."""
    client: Client | None
    """Any async client of the official SDK; it serves the whole tree and is neither changed nor closed."""
    run_id: str | None
    """The id of the run, in events and idempotency keys. Default: a new one."""
    model: str | Model | None
    """Instead of the agent's model."""
    settings: Settings | None
    """Instead of the agent's settings."""
    tools: Sequence[ToolSource] | None
    """Instead of the agent's tools. A conversation takes them with its first message only."""
    budget: Budget | None
    """A limit on the run and everything below it, beside the agent's own budget. In a `map`: on all runs together."""
    journal: str | PathLike[str] | StepsStore | None
    """Records the run, so that it goes on where it was if its process dies: the path of a file, or a Journal. A run of
    this `run_id` that it has is continued; one that has ended gives its recorded result. Default: nothing is stored."""
    steps: Steps | None
    """Executes the steps of the run, in place of a journal. Default: in memory, nothing is stored."""


def check_run_options(spec: AnySpec, options: RunOptions[Any], *others: str) -> None:
    """Raise UsageError for an option that a run does not take, with what was meant, and for one of a wrong kind.

    `others` are the names of options that the call takes beside those of a run.
    """
    if not options:
        return
    known = [*others, *sorted(RunOptions.__optional_keys__)]
    refuse_unknown_options(f"A run of Agent({spec.name!r})", options, known, UsageError)
    if options.get("journal") is not None and options.get("steps") is not None:
        raise UsageError(f"A run of Agent({spec.name!r}): `journal=` brings its own steps, so leave `steps=` out.")
    if (problem := find_run_problem(options)) is None and "deps" in options:
        found = given_deps_problem(spec.deps, options["deps"])
        problem = None if found is None else f"deps=...: {found}"
    if problem is not None:
        raise UsageError(f"A run of Agent({spec.name!r}), {problem}.")


@dataclass(frozen=True)
class AgentSpec(Generic[Deps, In, Out]):
    """The fields of an agent; `Agent` adds the methods that run it.

    Raises DefinitionError when a tool, a type or a name among them cannot work.
    """

    name: str
    """Letters, digits, underscore and dash: it is also the tool's name where others delegate to it."""
    _: KW_ONLY
    model: str | Model
    """A model id, or anything with the `Model` protocol."""
    instructions: Instructions[Deps] = ""
    """The system prompt. Empty: none."""
    # Both checkers solve the variable with the default; mypy cannot see that this is the class's own default, too.
    input: TypeForm[In] = str  # type: ignore[assignment]
    """The type of the input. Text prompts, and lists of content, are always accepted as well."""
    output: TypeForm[Out] = str  # type: ignore[assignment]
    """The type of the output. Any but `str` is requested as JSON, validated, and sent back when it does not fit."""
    deps: DepsSource[Deps] | None = None
    """The type of `ctx.deps`, or what opens it for each run: a context manager or a function, sync or async. None:
    `ctx.deps` is None, unless the run is given some."""
    tools: Sequence[ToolSource] = ()
    """Functions made by `@tool`, Toolsets, agents (`reader.as_tool()`), and the API's own tool dictionaries."""
    description: str = ""
    """Description for the models of other agents that may delegate to this one."""
    render: Render[In] | None = None
    """Turns an input into content. None: JSON in the user turn, a Document as a document block."""
    settings: Settings = Settings()
    """Request settings: `max_tokens`, effort, thinking, cache and others."""
    client: Client | None = None
    """Any async client of the official SDK. None: one that all such runs of an event loop share."""
    max_turns: int = 50
    """Requests to the model in one run; the last one is the final turn, in which no tool may be called."""
    output_retries: int = 2
    """The number of times that an answer which does not fit the output type is sent back."""
    tool_timeout_s: float = 60
    """Seconds that a tool call may take where the tool has no limit of its own. Sub-agents have no such limit."""
    max_concurrent_calls: int = 16
    """The most tool calls of a turn that run at once."""
    artifacts: bool = True
    """True: results that are too long for the model are kept as artifacts, and it gets tools to read them."""
    budget: Budget | None = None
    """A limit on each run of this agent, with everything below it. None: no limit."""
    price: Price | Sequence[Price] | None = None
    """Price of the model where the price table lacks it or yours differs; tiers by prompt length, dearest last."""
    retry: Retry = Retry()
    """Retries and timeouts of model calls."""
    fallback: str | Model | None = None
    """The model that takes over when the first refuses, is overloaded or does not exist. It gets the conversation
    without thinking blocks. None: the run ends."""
    around_model: Sequence[AroundModel] = ()
    """Middleware around every model call, `async def f(call, next)`; the first is the outermost."""
    around_tool: Sequence[AroundTool] = ()
    """Middleware around every tool call, sub-agents included; the first is the outermost."""
    guardrails: Sequence[Guardrail] = ()
    """Checks of the input, of tool calls, of their results and of the output; those of calls and results hold for all
    runs below, too."""
    verify: Verify[Out] | None = None
    """A function of the output, sync or async: None when it is right, otherwise the reason, in a sentence for the
    model, which answers again, as when an output does not fit its type."""
    redact: Sequence[str] = ()
    """Names of environment variables, keys and parameters whose values never reach the model."""

    def __post_init__(self) -> None:
        try:
            check_name(self.name)
        except DefinitionError as error:
            raise DefinitionError(f"Agent: {error}") from error
        for name, find_problem in AGENT_CHECKS.items():
            if (problem := find_problem(getattr(self, name))) is not None:
                raise DefinitionError(f"Agent({self.name!r}, {name}=...): {problem}.")
        for name, check in (
            ("around_model", check_middleware),
            ("around_tool", check_middleware),
            ("guardrails", check_guardrails),
            ("redact", check_redacted_names),
        ):
            try:
                check(getattr(self, name))
            except DefinitionError as error:
                raise DefinitionError(f"Agent({self.name!r}, {name}=...): {error}") from error
        for part in ("agent_tools", "output_spec", "input_spec"):  # compiled now: errors are raised here, not in a run
            try:
                getattr(self, part)
            except DefinitionError as error:
                raise DefinitionError(f"Agent({self.name!r}, {_PARAMETER_OF_PROPERTY[part]}=...): {error}") from error
        names = [*self.agent_tools.tools, *(str(param.get("name")) for param in self.agent_tools.api_tools)]
        if (chosen := self.settings.chosen_tool) is not None and chosen not in names:
            raise DefinitionError(
                f"Agent({self.name!r}, settings=...): tool_choice names {chosen!r}, which is none of its tools: "
                f"{', '.join(names) or 'none'}."
            )
        try:
            check_server_tools(self.guardrails, self._server_tools())
        except DefinitionError as error:
            raise DefinitionError(f"Agent({self.name!r}, guardrails=...): {error}") from error
        if ANSWER_TOOL in self.agent_tools.tools:
            raise DefinitionError(f"Agent({self.name!r}, tools=...): the name {ANSWER_TOOL!r} is the answer's own")

    def _server_tools(self) -> list[str]:
        """Return the names of the tools that the API executes, the search for tools aside: it has no effect."""
        servers = [] if "mcp_servers" not in self.settings.extra else ["mcp_servers"]
        tools = [one for one in self.agent_tools.api_tools if not str(one.get("type")).startswith(TOOL_SEARCH)]
        return [*(str(one.get("name") or one.get("type")) for one in tools), *servers]

    @property
    def own_prices(self) -> tuple[Price, ...] | None:
        """`price` as tiers. None: the price table applies."""
        if self.price is None:
            return None
        return (self.price,) if isinstance(self.price, Price) else tuple(self.price)

    @cached_property
    def prompt_prefixes(self) -> dict[tuple[object, ...], PromptPrefix]:
        """Cache of the prompt prefixes rendered so far; see `history/prompt_prefix.py`."""
        return {}

    @cached_property
    def middleware(self) -> TreeMiddleware:
        """The agent's own middleware, as one value."""
        return TreeMiddleware(tuple(self.around_model), tuple(self.around_tool))

    @cached_property
    def agent_tools(self) -> AgentTools:
        """The agent's tools by name. Raises DefinitionError for two of one name."""
        return AgentTools.from_sources(self.tools)

    @cached_property
    def output_spec(self) -> OutputSpec[Out]:
        """The compiled output type."""
        return OutputSpec[Out].for_type(self.output)

    @cached_property
    def input_spec(self) -> InputSpec[In]:
        """The compiled input type, with `render`."""
        return InputSpec[In].for_type(self.input, self.render)


def spec_with_options(spec: SpecT, options: RunOptions[Any]) -> SpecT:
    """Return the spec with the model, settings and tools of a run. Raises DefinitionError for tools that do not work.

    A changed spec compiles its types again, so it is the same one where nothing changes.
    """
    model, settings, tools = options.get("model"), options.get("settings"), options.get("tools")
    if model is None and settings is None and tools is None:
        return spec
    return replace(
        spec,
        model=spec.model if model is None else model,
        settings=spec.settings if settings is None else settings,
        tools=spec.tools if tools is None else tools,
    )


refuse_unknown_fields(AgentSpec, "Agent(...)")

AnySpec: TypeAlias = AgentSpec[Any, Any, Any]
"""The spec of an agent, whatever its types of deps, input and output."""

_PARAMETER_OF_PROPERTY = {"agent_tools": "tools", "output_spec": "output", "input_spec": "input"}
