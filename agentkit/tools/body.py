"""The body of a tool: its arguments are parsed from the model's input, and its function is called with them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from agentkit.errors import DefinitionError
from agentkit.schema import compile_parameters
from agentkit.schema.compiler import UndefinedName
from agentkit.schema.docs.notes import is_included, join_texts, own_notes
from agentkit.schema.json_schema.satisfiable import require_satisfiable
from agentkit.schema.late_annotations import read_annotations
from agentkit.schema.validation.api_form import ApiForm, api_form, object_schema
from agentkit.schema.validation.arguments import validate_arguments
from agentkit.tools.declared_result import DeclaredResult, declared_result
from agentkit.tools.json_forms import read_iterator
from agentkit.tools.signatures.annotations import (
    may_be_none,
    needed_names,
    resolve_annotation,
    underlying_function,
    visible_names,
)
from agentkit.tools.signatures.deps_demand import DepsDemand, demand_of_function
from agentkit.tools.signatures.signature import Signature, open_parameters, read_signature
from agentkit.tools.worker_threads import run_in_thread
from agentkit.tools.written_types import require_written_form

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.schema import ArgumentsSchema
    from agentkit.tools.run_context import RunContext


class ToolBody(Protocol):
    """Parses the arguments of a tool call and does its work."""

    @property
    def input_schema(self) -> JSONObject:
        """The lossless JSON Schema of the arguments. Raises DefinitionError while a type in it is not defined."""
        ...

    @property
    def has_unresolved_types(self) -> bool:
        """True while a type in the signature is not defined yet."""
        ...

    @property
    def needs_context(self) -> bool:
        """True if `execute` needs a RunContext."""
        ...

    @property
    def deps_demand(self) -> DepsDemand | None:
        """The deps that `execute` asks for with its RunContext. None: it asks for none."""
        ...

    @property
    def returns(self) -> object:
        """The declared type of the result; `object` where it is not known."""
        ...

    def parse_arguments(self, tool: str, given: Mapping[str, object]) -> Mapping[str, object]:
        """Parse the model's input into arguments. Raises InvalidArguments; `tool` is the name for its text."""
        ...

    async def execute(self, arguments: Mapping[str, object], ctx: RunContext[object] | None) -> object:
        """Do the work and return its result; exceptions pass unchanged."""
        ...


@dataclass(frozen=True)
class FunctionBody:
    """The body of a tool whose function takes the arguments as parameters."""

    function: Callable[..., object] = field(repr=False)
    names: Mapping[str, object] = field(repr=False)
    """Names that its annotations may use, beside those of its module. Empty once all types are resolved."""
    _returns: object = field(default=None, init=False, repr=False)
    """The resolved return annotation: `object` where there is none, None where it cannot be resolved yet."""

    def __post_init__(self) -> None:
        _refuse_generator(self.function)
        # An unresolved type is tried again when an agent is made of the tool; only the names for that are kept alive.
        is_resolved = self._resolve_returns() and not self.has_unresolved_types
        annotations = read_annotations(underlying_function(self.function))
        object.__setattr__(self, "names", {} if is_resolved else needed_names(annotations, self.names))

    def _resolve_returns(self) -> bool:
        """Resolve the return annotation, and return whether it is."""
        returns = _resolved_return_type(self.function, self._names_now())
        require_written_form(returns)
        object.__setattr__(self, "_returns", returns)
        return returns is not None

    def _names_now(self) -> dict[str, object]:
        """Return the names that the annotations may use now: those of enclosing functions that run, and those kept."""
        return {**visible_names(self.function, inspect.currentframe()), **self.names}

    @cached_property
    def _signature(self) -> Signature:
        return read_signature(self.function, self.names)

    @property
    def has_unresolved_types(self) -> bool:
        """See `ToolBody.has_unresolved_types`."""
        try:
            _ = self._arguments
        except UndefinedName:
            return True
        except DefinitionError:  # `input_schema` raises it again, where the tool's name is known
            return False
        return False

    @cached_property
    def _arguments(self) -> ArgumentsSchema:
        try:
            return self._compile_arguments()
        except UndefinedName:
            # The enclosing function may have defined the class after the tool was decorated.
            self.__dict__["_signature"] = read_signature(self.function, self._names_now())
            return self._compile_arguments()

    def _compile_arguments(self) -> ArgumentsSchema:
        for name, reason in self._signature.unresolved.items():
            raise UndefinedName(
                f"parameter `{name}`: its type cannot be resolved ({reason}); define it before the tool, at module "
                "level, and import it outside `if TYPE_CHECKING`"
            )
        return compile_parameters(self._signature.parameters)

    @cached_property
    def _declared_result(self) -> DeclaredResult | None:
        _ = self.returns  # a name that was not defined at decoration may be defined by now
        return _declared_result_of(self.function, self.names, self._returns)

    @property
    def input_schema(self) -> JSONObject:
        """See `ToolBody.input_schema`."""
        return self._arguments.schema

    @property
    def needs_context(self) -> bool:
        """See `ToolBody.needs_context`."""
        return self._signature.needs_context

    @property
    def deps_demand(self) -> DepsDemand | None:
        """See `ToolBody.deps_demand`."""
        return self._signature.deps_demand

    @property
    def description(self) -> str:
        """The function's docstring, and the notes on its return type."""
        return self._read_description() if self.has_unresolved_types else self._description

    @cached_property
    def _description(self) -> str:
        return self._read_description()

    def _read_description(self) -> str:
        described = self._signature.description
        notes = [note for note in own_notes(self._returns) if not is_included(note, described)]
        return "\n\n".join(filter(None, [described, f"Returns: {join_texts(notes)}" if notes else ""]))

    @property
    def returns(self) -> object:
        """See `ToolBody.returns`."""
        if self._returns is None:
            self._resolve_returns()
        return object if self._returns is None else self._returns

    def parse_arguments(self, tool: str, given: Mapping[str, object]) -> Mapping[str, object]:
        """See `ToolBody.parse_arguments`."""
        return validate_arguments(tool, self._arguments, given)

    async def execute(self, arguments: Mapping[str, object], ctx: RunContext[object] | None) -> object:
        """See `ToolBody.execute`. A result of the declared return type is serialized as that type declares."""
        signature = self._signature
        is_passed = signature.context_parameter is not None and (ctx is not None or signature.is_context_required)
        context = {signature.context_parameter: ctx} if signature.context_parameter is not None and is_passed else {}
        value = await _call_function(functools.partial(self.function, **arguments, **context), self.function)
        return value if self._declared_result is None else self._declared_result.render_declared(value)


@dataclass(frozen=True)
class SchemaBody:
    """The body of a tool whose function takes the arguments as one dict, described by a given JSON Schema."""

    schema: JSONObject
    function: Callable[..., object] = field(repr=False)
    has_unresolved_types: bool = field(default=False, init=False)
    needs_context: bool = field(default=False, init=False)
    """See `ToolBody.needs_context`."""
    returns: object = field(default=object, init=False)
    deps_demand: DepsDemand | None = field(default=None, init=False)
    _is_context_last: bool = field(default=False, init=False)
    """True if the function takes `(input, ctx)`, as the annotations say, and not `(ctx, input)`."""
    form: ApiForm = field(init=False)
    """The schema in the form that the API accepts."""

    def __post_init__(self) -> None:
        schema = object_schema(self.schema)
        require_satisfiable(schema)
        object.__setattr__(self, "form", api_form(schema))
        _refuse_generator(self.function)
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        parameters = open_parameters(self.function)
        needed = [parameter for parameter in parameters if parameter.default is inspect.Parameter.empty]
        positional = [parameter for parameter in needed if parameter.kind in kinds]
        named = [parameter.name for parameter in needed if parameter.kind is inspect.Parameter.KEYWORD_ONLY]
        takes_one = any(parameter.kind in (*kinds, inspect.Parameter.VAR_POSITIONAL) for parameter in parameters)
        if named or len(positional) > 2 or not takes_one:
            raise DefinitionError(
                "its function must take `(input)` or `(ctx, input)`, and nothing else without a default"
            )
        names = visible_names(self.function, None)
        is_context = [
            resolve_annotation(self.function, parameter.annotation, names).is_context for parameter in positional
        ]
        object.__setattr__(self, "needs_context", len(positional) == 2)
        object.__setattr__(self, "deps_demand", demand_of_function(self.function))
        object.__setattr__(self, "_is_context_last", is_context == [False, True])

    @property
    def input_schema(self) -> JSONObject:
        """See `ToolBody.input_schema`."""
        return self.form.shown

    def parse_arguments(self, tool: str, given: Mapping[str, object]) -> Mapping[str, object]:
        """See `ToolBody.parse_arguments`."""
        return self.form.read_arguments(tool, given)

    @cached_property
    def _declared_result(self) -> DeclaredResult | None:
        names = visible_names(self.function, None)
        return _declared_result_of(self.function, names, _resolved_return_type(self.function, names))

    async def execute(self, arguments: Mapping[str, object], ctx: RunContext[object] | None) -> object:
        """See `ToolBody.execute`. A result of the declared return type is serialized as that type declares."""
        both: list[object] = [arguments, ctx] if self._is_context_last else [ctx, arguments]
        given = both if self.needs_context else [arguments]
        value = await _call_function(functools.partial(self.function, *given), self.function)
        return value if self._declared_result is None else self._declared_result.render_declared(value)


def _refuse_generator(function: Callable[..., object]) -> None:
    """Raise DefinitionError for a generator, and for what is no function."""
    if not callable(function):
        raise DefinitionError(f"{function!r} is not a function")
    for one in (_outermost_function(function), underlying_function(function)):
        if inspect.isgeneratorfunction(one) or inspect.isasyncgenfunction(one):
            raise DefinitionError("a generator cannot be a tool, which has one result; return a list instead")


def _resolved_return_type(function: Callable[..., object], names: Mapping[str, object]) -> object:
    """Return the resolved return annotation. None: it cannot be resolved."""
    try:
        return resolve_annotation(function, _return_annotation(function), names).value
    except DefinitionError:
        return None


def _declared_result_of(
    function: Callable[..., object], names: Mapping[str, object], returns: object
) -> DeclaredResult | None:
    is_null_a_value = returns is None and may_be_none(function, _return_annotation(function), names)
    return declared_result(returns, is_null_a_value=is_null_a_value)


def _return_annotation(function: Callable[..., object]) -> object:
    return read_annotations(underlying_function(function)).get("return", object)


def _outermost_function(function: Callable[..., object]) -> Callable[..., object]:
    """Return the function that runs first in a call: a sync wrapper may stand around an async function."""
    while isinstance(function, functools.partial):
        function = function.func
    if inspect.isfunction(function) or inspect.ismethod(function):
        return function
    call: object = inspect.getattr_static(type(function), "__call__", None)
    return call if inspect.isfunction(call) else function


async def _call_function(call: Callable[[], object], function: Callable[..., object]) -> object:
    """Call an async function on the event loop, a sync one in a thread; await an awaitable result on the event loop.

    An iterator is read where it was made: until then its work is not done, and its exceptions are those of the tool.
    """
    if inspect.iscoroutinefunction(_outermost_function(function)):
        value = call()
    else:
        name = f"tool {getattr(underlying_function(function), '__qualname__', 'function')}"
        value = await run_in_thread(lambda: read_iterator(call()), name=name)
    return read_iterator(await value) if inspect.isawaitable(value) else value
