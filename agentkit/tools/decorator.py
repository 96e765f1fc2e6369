"""A Python function as a tool that Claude can call: `@tool`, and what it makes.

The file is not named after `tool`, which it exports: `agentkit.tool` would be the module then, and not the decorator.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, cast, overload

from typing_extensions import Unpack

from agentkit.errors import DefinitionError, InvalidArguments, UsageError
from agentkit.schema.docstrings import read_docs
from agentkit.schema.strict.form import NotStrictable, strict_form
from agentkit.tools.annotations import names_around, underlying
from agentkit.tools.body import Body, FunctionBody, SchemaBody
from agentkit.tools.options import (
    Available,
    Effect,
    ToolOptions,
    check_name,
    checked_description,
    checked_options,
    json_examples,
)
from agentkit.tools.result_content import render_result, takes_long
from agentkit.tools.run_context import RunContext
from agentkit.tools.signature import place_of
from agentkit.tools.worker_threads import run_in_thread

if TYPE_CHECKING:
    from types import FrameType

    from agentkit.messages.message import Content, JSONObject

__all__ = ["Available", "Decorator", "Effect", "Tool", "ToolOptions", "check_name", "tool"]

P = ParamSpec("P")
R = TypeVar("R")


class Tool(Generic[P, R]):
    """A function and all that the model is told of it. Make it with `@tool` or `Tool.from_schema`.

    It stays callable with the function's own signature. A tool never changes once it is made.
    """

    is_agent = False
    """Whether a call is a sub-agent's run, or starts, collects or stops one: it has steps of its own and no timeout."""

    @property
    def delegates(self) -> Sequence[Tool[..., Any]]:
        """The sub-agents, as tools, whose runs a call may start."""
        return ()

    def __init__(self, body: Body, function: Callable[P, R], name: str, description: str, options: ToolOptions) -> None:
        check_name(name)
        options = checked_options(options)
        functools.update_wrapper(self, function, updated=())
        self.name = name
        self.description = checked_description(description)
        self.declared_effect: Effect | None = options.get("effect")
        """What was declared. None: nothing, so `write` is assumed."""
        self.effect: Effect = self.declared_effect or "write"
        self.timeout_s = options.get("timeout_s")
        self.retries = options.get("retries") or 0
        """How often a failed call is made again."""
        self.raises = tuple(options.get("raises") or ())
        self.strict = options.get("strict")
        self.examples = json_examples(options.get("examples") or ())
        self.max_result_tokens = options.get("max_result_tokens")
        self.available = options.get("available")
        self.exclusive = bool(options.get("exclusive"))
        self.eager = options.get("eager") is not False
        """Whether a call may begin while the reply still comes, where the effect allows it."""
        self.defer_loading = bool(options.get("defer_loading"))
        self.function = function
        self._body = body
        self._are_examples_checked = not self.examples
        if not body.is_waiting:
            self.resolve()

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function itself."""
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Tool({self.name!r})"

    @property
    def input_schema(self) -> JSONObject:
        """The lossless JSON Schema of the arguments. Treat it as read-only.

        Raises DefinitionError while a type in the function's signature is not defined yet.
        """
        try:
            return self._body.input_schema
        except DefinitionError as error:
            raise self._located(error) from error

    @property
    def returns(self) -> object:
        """The type that its function says it returns; `object` where it says nothing, or cannot be asked."""
        return self._body.returns

    def resolve(self) -> None:
        """Make sure that the tool works: names that were not defined at decoration have to be by now.

        An agent does this for each of its tools. Raises DefinitionError.
        """
        schema = self.input_schema
        if not self._are_examples_checked:
            for example in self.examples:
                try:
                    self._body.read(self.name, example)
                except InvalidArguments as error:
                    problems = str(error).partition("\n")[2]
                    raise self._located(DefinitionError(f"an example does not fit its schema:\n{problems}")) from error
            self._are_examples_checked = True
        if self.strict:
            try:
                strict_form(schema)
            except NotStrictable as error:
                raise self._located(DefinitionError(f"strict=True, but it has no strict form: {error}")) from error

    def to_param(self, strict: bool | None = None) -> JSONObject:
        """The tool as the API gets it.

        `strict` None: as `@tool(strict=)` says, else lossless. True for a type without a strict form raises
        DefinitionError with the reason.
        """
        is_strict = bool(self.strict) if strict is None else strict
        param: JSONObject = {"name": self.name}
        if self.description:
            param["description"] = self.description
        param["input_schema"] = self._strict_schema() if is_strict else copy.deepcopy(self.input_schema)
        if is_strict:
            param["strict"] = True
        if self.defer_loading:
            param["defer_loading"] = True
        if self.examples:
            param["input_examples"] = copy.deepcopy(list(self.examples))
        return param

    async def call(
        self,
        input: Mapping[str, object],  # noqa: A002 - the name of the field of a tool call
        ctx: RunContext[object] | None = None,
    ) -> Content:
        """Run it as the model would: the model's dict in, the tool result's content out.

        Raises InvalidArguments with the text for the model, ToolError, or whatever the function raises; UsageError
        when the function takes a RunContext and none is given.
        """
        arguments = self._body.read(self.name, input)
        is_context = isinstance(cast("object", ctx), RunContext)
        if not is_context and (ctx is not None or self._body.needs_context):
            raise UsageError(f"Tool {self.name!r} takes a RunContext: call it with one, RunContext(deps=...).")
        keep = None if ctx is None or ctx.artifacts is None else ctx.artifacts.keep
        hide = None if ctx is None else ctx.redactor.content
        value = await self._body.work(arguments, ctx)
        render = functools.partial(render_result, value, self.max_result_tokens, keep, hide)
        return await run_in_thread(render, name=f"result of {self.name}") if takes_long(value) else render()

    def _strict_schema(self) -> JSONObject:
        try:
            return strict_form(self.input_schema).schema
        except NotStrictable as error:
            raise self._located(DefinitionError(f"it has no strict form: {error}")) from error

    def _located(self, error: DefinitionError) -> DefinitionError:
        return DefinitionError(f"Tool {self.name!r} ({place_of(self.function)}): {error}")

    @classmethod
    def from_schema(
        cls,
        name: str,
        description: str,
        input_schema: JSONObject,
        function: Callable[..., object],
        **options: Unpack[ToolOptions],
    ) -> Tool[..., object]:
        """A tool that comes as JSON Schema, from another system or a file.

        `function` gets the arguments as one dict: `(input)`, or `(ctx, input)` for the RunContext too; sync or async.
        Raises DefinitionError for a schema that is none, or whose root is not an object.
        """
        try:
            body = SchemaBody(copy.deepcopy(input_schema), function)
            return Tool(body, function, name, description, options)
        except DefinitionError as error:
            raise DefinitionError(f"Tool.from_schema({name!r}): {error}") from error


class Decorator(Protocol):
    """What `@tool(...)` with keywords gives: it takes the function and makes the tool."""

    def __call__(self, function: Callable[P, R], /) -> Tool[P, R]:
        """Make the tool."""
        ...


@overload
def tool(
    function: Callable[P, R],
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    **options: Unpack[ToolOptions],
) -> Tool[P, R]: ...
@overload
def tool(*, name: str | None = None, description: str | None = None, **options: Unpack[ToolOptions]) -> Decorator: ...
def tool(
    function: Callable[P, R] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    **options: Unpack[ToolOptions],
) -> Tool[P, R] | Decorator:
    """Make a tool of a function, sync or async, or of a bound method: `tool(shop.find_items)`.

    Every parameter needs a type; a RunContext is passed in where one is annotated and is not shown to the model. The
    docstring describes the tool and its parameters. Synchronous functions run in a thread of their own.

    Args:
        function: What a call runs.
        name: What the model calls it. None: the function's name.
        description: What the model is told of it. None: the docstring.
        options: See `ToolOptions`.

    Raises:
        DefinitionError: It cannot work: the text names the parameter, the file and line, and the fix.
    """
    here = inspect.currentframe()
    if function is not None:
        return _made(function, name, description, options, here)

    def decorate(function: Callable[P, R], /) -> Tool[P, R]:
        return _made(function, name, description, options, inspect.currentframe())

    return cast("Decorator", decorate)


def _made(
    function: Callable[P, R], name: str | None, description: str | None, options: ToolOptions, frame: FrameType | None
) -> Tool[P, R]:
    if isinstance(function, Tool):
        raise DefinitionError(f"{function.name!r} is a tool already")
    if isinstance(function, type):
        raise DefinitionError(f"{function.__name__} is a class; put @tool on a function that makes and returns one")
    if not callable(function):
        raise DefinitionError(f"@tool is for functions, not for {function!r}")
    inner = underlying(function)
    if name is None:
        name = str(getattr(function, "__name__", None) or getattr(inner, "__name__", ""))
    try:
        if name == "__call__":
            raise DefinitionError("a callable object has no name that the model could use; give name=")
        description = read_docs(inner).description if description is None else description
        return Tool(FunctionBody(function, names_around(function, frame)), function, name, description, options)
    except DefinitionError as error:
        if str(error).startswith("Tool "):
            raise
        raise DefinitionError(f"@tool {name!r} ({place_of(function)}): {error}") from error
