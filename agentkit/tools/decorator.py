"""Make a Python function a tool that Claude can call: `@tool` and `Tool`.

The file is not named `tool.py` after its export: `from agentkit.tools import tool` would give the module.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Generic, ParamSpec, Protocol, TypeVar, cast, overload

from typing_extensions import Unpack

from agentkit.errors import DefinitionError, InvalidArguments, UsageError
from agentkit.schema.docstrings import read_docstring
from agentkit.schema.strict.form import NotStrictable, strict_form
from agentkit.tools.annotations import underlying_function, visible_names
from agentkit.tools.body import FunctionBody, SchemaBody, ToolBody
from agentkit.tools.options import (
    Available,
    Effect,
    ToolOptions,
    check_name,
    check_options,
    clean_description,
    examples_as_json,
)
from agentkit.tools.result_content import is_slow_to_render, render_result
from agentkit.tools.run_context import RunContext, services_of
from agentkit.tools.signature import source_location
from agentkit.tools.worker_threads import run_in_thread

if TYPE_CHECKING:
    from types import FrameType

    from agentkit.messages.message import Content, JSONObject

__all__ = ["Available", "Decorator", "Effect", "Tool", "ToolOptions", "check_name", "tool"]

P = ParamSpec("P")
R = TypeVar("R")


class Tool(Generic[P, R]):
    """A function, and its description for the model. Make it with `@tool` or `Tool.from_schema`.

    A tool is callable with the signature of its function, and never changes once it is made.
    """

    is_agent = False
    """True if a call runs, starts, collects or stops a sub-agent: it records steps of its own and has no timeout."""

    def __init__(
        self, body: ToolBody, function: Callable[P, R], name: str, description: str, options: ToolOptions
    ) -> None:
        check_name(name)
        options = check_options(options)
        functools.update_wrapper(self, function, updated=())
        self.name = name
        self.description = clean_description(description)
        self.declared_effect: Effect | None = options.get("effect")
        """The declared effect. None: not declared, so `write` is assumed."""
        self.effect: Effect = self.declared_effect or "write"
        self.timeout_s = options.get("timeout_s")
        self.retries = options.get("retries") or 0
        """The number of retries of a failed call."""
        self.raises = tuple(options.get("raises") or ())
        self.strict = options.get("strict")
        self.examples = examples_as_json(options.get("examples") or ())
        self.max_result_tokens = options.get("max_result_tokens")
        self.available = options.get("available")
        self.exclusive = bool(options.get("exclusive"))
        self.eager = options.get("eager") is not False
        """True if a call may start while the reply is still streaming, provided that its effect is `read`."""
        self.defer_loading = bool(options.get("defer_loading"))
        self.function = function
        self._body = body
        self._are_examples_checked = not self.examples
        if not body.has_unresolved_types:
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
            raise self._with_location(error) from error

    @property
    def returns(self) -> object:
        """The declared return type of the function; `object` where there is none, or where it cannot be resolved."""
        return self._body.returns

    def resolve(self) -> None:
        """Check the tool completely: types that were not defined at decoration must be defined now.

        An agent does this for each of its tools.

        Raises:
            DefinitionError: A type cannot be resolved, an example does not fit, or there is no strict form.
        """
        schema = self.input_schema
        if not self._are_examples_checked:
            for example in self.examples:
                try:
                    self._body.parse_arguments(self.name, example)
                except InvalidArguments as error:
                    problems = str(error).partition("\n")[2]
                    raise self._with_location(
                        DefinitionError(f"an example does not fit its schema:\n{problems}")
                    ) from error
            self._are_examples_checked = True
        if self.strict:
            try:
                strict_form(schema)
            except NotStrictable as error:
                raise self._with_location(
                    DefinitionError(f"strict=True, but it has no strict form: {error}")
                ) from error

    def to_param(self, strict: bool | None = None) -> JSONObject:
        """Return the tool as it is sent to the API.

        Args:
            strict: Whether to send the strict form of the schema. None: as declared with `@tool(strict=...)`, else no.

        Raises:
            DefinitionError: A strict schema is wanted, and a type has no strict form.
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
        """Run the tool as a model's call would.

        Args:
            input: The input as the model writes it, as JSON data.
            ctx: The context of the call. None: allowed if the function does not need one.

        Returns:
            The content of the tool result.

        Raises:
            InvalidArguments: The input does not fit the schema; the text is for the model.
            UsageError: The function takes a RunContext, and none is given.
            Exception: Whatever the function raises, ToolError among it.
        """
        arguments = self._body.parse_arguments(self.name, input)
        is_context = isinstance(cast("object", ctx), RunContext)
        if not is_context and (ctx is not None or self._body.needs_context):
            raise UsageError(f"Tool {self.name!r} takes a RunContext: call it with one, RunContext(deps=...).")
        services = None if ctx is None else services_of(ctx)
        keep = None if services is None or services.artifact_slot is None else services.artifact_slot.keep
        redact = None if services is None else services.redactor.content
        value = await self._body.execute(arguments, ctx)
        render = functools.partial(render_result, value, self.max_result_tokens, keep, redact)
        return await run_in_thread(render, name=f"result of {self.name}") if is_slow_to_render(value) else render()

    def _strict_schema(self) -> JSONObject:
        try:
            return strict_form(self.input_schema).schema
        except NotStrictable as error:
            raise self._with_location(DefinitionError(f"it has no strict form: {error}")) from error

    def _with_location(self, error: DefinitionError) -> DefinitionError:
        return DefinitionError(f"Tool {self.name!r} ({source_location(self.function)}): {error}")

    @classmethod
    def from_schema(
        cls,
        name: str,
        description: str,
        input_schema: JSONObject,
        function: Callable[..., object],
        **options: Unpack[ToolOptions],
    ) -> Tool[..., object]:
        """Make a tool of a JSON Schema and a function, for schemas from another system or a file.

        `function` gets the arguments as one dict: `(input)`, or `(ctx, input)` for the RunContext too; sync or async.
        Raises DefinitionError for a schema that is none, or whose root is not an object.
        """
        try:
            body = SchemaBody(copy.deepcopy(input_schema), function)
            return Tool(body, function, name, description, options)
        except DefinitionError as error:
            raise DefinitionError(f"Tool.from_schema({name!r}): {error}") from error


class Decorator(Protocol):
    """The decorator that `@tool(...)` with keywords returns."""

    def __call__(self, function: Callable[P, R], /) -> Tool[P, R]:
        """Make a tool of the function."""
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
        function: The function that a call runs.
        name: The name for the model. None: the function's name.
        description: The description for the model. None: the docstring.
        options: See `ToolOptions`.

    Raises:
        DefinitionError: The function cannot be a tool; the text names the parameter, the file and line, and the fix.
    """
    here = inspect.currentframe()
    if function is not None:
        return _make_tool(function, name, description, options, here)

    def decorate(function: Callable[P, R], /) -> Tool[P, R]:
        return _make_tool(function, name, description, options, inspect.currentframe())

    return cast("Decorator", decorate)


def _make_tool(
    function: Callable[P, R], name: str | None, description: str | None, options: ToolOptions, frame: FrameType | None
) -> Tool[P, R]:
    if isinstance(function, Tool):
        raise DefinitionError(f"{function.name!r} is a tool already")
    if isinstance(function, type):
        raise DefinitionError(f"{function.__name__} is a class; put @tool on a function that makes and returns one")
    if not callable(function):
        raise DefinitionError(f"@tool is for functions, not for {function!r}")
    inner = underlying_function(function)
    if name is None:
        name = str(getattr(function, "__name__", None) or getattr(inner, "__name__", ""))
    try:
        if name == "__call__":
            raise DefinitionError("a callable object has no name that the model could use; give name=")
        description = read_docstring(inner).description if description is None else description
        return Tool(FunctionBody(function, visible_names(function, frame)), function, name, description, options)
    except DefinitionError as error:
        if str(error).startswith("Tool "):
            raise
        raise DefinitionError(f"@tool {name!r} ({source_location(function)}): {error}") from error
