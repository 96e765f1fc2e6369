"""What an agent is, apart from what it does: the frozen description that conversations and sub-agents run by."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeAlias

from typing_extensions import TypedDict, TypeForm, TypeVar

from agentkit.budget.budget import Budget
from agentkit.budget.usage import Price
from agentkit.errors import DefinitionError
from agentkit.models.retry import Retry
from agentkit.redaction.redactor import check_names
from agentkit.run.input import Prompt, Render
from agentkit.run.middleware import check_middleware
from agentkit.run.output import AnswerSpec
from agentkit.run.settings import Settings
from agentkit.tools.decorator import check_name
from agentkit.tools.reserved_names import ANSWER_TOOL
from agentkit.tools.run_context import RunContext
from agentkit.tools.toolset import Toolbox, ToolSource

if TYPE_CHECKING:
    from agentkit.messages.request import Offer
    from agentkit.models.client import Client
    from agentkit.models.model import Model
    from agentkit.run.middleware import AroundModel, AroundTool
    from agentkit.run.steps import Steps

Deps = TypeVar("Deps", default=None)
In = TypeVar("In", default=str)
Out = TypeVar("Out", default=str)

Instructions: TypeAlias = "str | Callable[[RunContext[Deps]], str | Awaitable[str]]"
"""The system prompt, or what makes it from the context, once per conversation."""
DepsSource: TypeAlias = "type[Deps] | Callable[[], AbstractAsyncContextManager[Deps]]"
"""The type of `ctx.deps`, whose value the run is given, or the factory that opens one for each run."""


class RunOptions(TypedDict, Generic[Deps], total=False):
    """What one run may have of its own; `run`, `stream`, `run_sync`, `map` and conversations all take it."""

    deps: Deps
    """The value for `ctx.deps`, instead of opening the agent's own."""
    client: Client
    """Any async client of the official SDK; it serves the whole tree and is neither changed nor closed."""
    run_id: str
    """The id of the run, in events and idempotency keys. Default: a new one."""
    model: str | Model
    """Instead of the agent's model."""
    settings: Settings
    """Instead of the agent's settings."""
    tools: Sequence[ToolSource]
    """Instead of the agent's tools. A conversation takes them with its first message only."""
    budget: Budget
    """What the run and everything below it may use, beside the agent's own budget. In a `map`: all runs together."""
    steps: Steps
    """What runs the steps of the run. Default: in memory."""


@dataclass(frozen=True)
class AgentSpec(Generic[Deps, In, Out]):
    """The fields of an agent; `Agent` adds what one can do with it.

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
    """What a run is given. Text prompts, and lists of content, are always taken as well."""
    output: TypeForm[Out] = str  # type: ignore[assignment]
    """What a run returns. Anything but `str` is asked for as JSON, validated, and sent back when it does not fit."""
    deps: DepsSource[Deps] | None = None
    """What tools find in `ctx.deps`. None: nothing."""
    tools: Sequence[ToolSource] = ()
    """Functions made by `@tool`, Toolsets, agents (`reader.as_tool()`), and the API's own tool dictionaries."""
    description: str = ""
    """What others are told when they may delegate to this agent."""
    render: Render[In] | None = None
    """Turns an input into content. None: JSON in the user turn, a Document as a document block."""
    settings: Settings = Settings()
    """What every request carries beside the conversation."""
    client: Client | None = None
    """Any async client of the official SDK. None: one that all such runs of an event loop share."""
    max_turns: int = 50
    """Requests to the model in one run; on the last one no tool may be called."""
    output_retries: int = 2
    """How often an answer that does not fit the output type is sent back."""
    tool_timeout_s: float = 60
    """Seconds that a tool has when it names no limit of its own. Sub-agents have no such limit."""
    max_concurrent_calls: int = 16
    """How many of a turn's tool calls run at once."""
    artifacts: bool = True
    """Whether results that are too long to be shown whole are kept, and the model gets the tools to read in them."""
    budget: Budget | None = None
    """What each run of this agent, with everything below it, may use. None: no limit."""
    price: Price | Sequence[Price] | None = None
    """What the model costs where the price table lacks it or yours differs; tiers by prompt length, dearest last."""
    retry: Retry = Retry()
    """How patient its model calls are."""
    fallback: str | Model | None = None
    """The model that goes on when the first refuses, is overloaded or does not exist. It gets the conversation without
    thinking blocks. None: the run ends."""
    around_model: Sequence[AroundModel] = ()
    """Middleware around every model call, `async def f(call, next)`; the first is the outermost."""
    around_tool: Sequence[AroundTool] = ()
    """Middleware around every tool call, sub-agents included; the first is the outermost."""
    redact: Sequence[str] = ()
    """Names of environment variables, keys and parameters whose values never reach the model."""

    def __post_init__(self) -> None:
        if self.max_turns < 1:
            raise DefinitionError(f"Agent({self.name!r}, max_turns={self.max_turns}): a run needs at least one turn.")
        try:
            check_name(self.name)
        except DefinitionError as error:
            raise DefinitionError(f"Agent: {error}") from error
        for name, check in (
            ("around_model", check_middleware),
            ("around_tool", check_middleware),
            ("redact", check_names),
        ):
            try:
                check(getattr(self, name))
            except DefinitionError as error:
                raise DefinitionError(f"Agent({self.name!r}, {name}=...): {error}") from error
        for part in ("toolbox", "answer", "prompt"):  # what cannot work is refused here, not in the run
            try:
                getattr(self, part)
            except DefinitionError as error:
                raise DefinitionError(f"Agent({self.name!r}, {_SOURCES[part]}=...): {error}") from error
        if ANSWER_TOOL in self.toolbox.tools:
            raise DefinitionError(f"Agent({self.name!r}, tools=...): the name {ANSWER_TOOL!r} is the answer's own")

    @property
    def own_prices(self) -> tuple[Price, ...] | None:
        """`price` as tiers. None: those of the table."""
        if self.price is None:
            return None
        return (self.price,) if isinstance(self.price, Price) else tuple(self.price)

    @cached_property
    def offers(self) -> dict[tuple[object, ...], Offer]:
        """What was rendered for the runs so far: see `offering.py`."""
        return {}

    @cached_property
    def toolbox(self) -> Toolbox:
        """The tools by name, collisions refused."""
        return Toolbox.of(self.tools)

    @cached_property
    def answer(self) -> AnswerSpec[Out]:
        """How the output is asked for and checked."""
        return AnswerSpec[Out].of(self.output)

    @cached_property
    def prompt(self) -> Prompt[In]:
        """How the input becomes content."""
        return Prompt[In].of(self.input, self.render)


AnySpec: TypeAlias = AgentSpec[Any, Any, Any]
"""An agent's description, whatever it works on, takes and returns."""

_SOURCES = {"toolbox": "tools", "answer": "output", "prompt": "input"}
