"""What a tool does when it is called: the function behind it, reached from the model's arguments."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from agentkit.annotations import needed_names, underlying
from agentkit.arguments import read_arguments, read_json_arguments
from agentkit.errors import DefinitionError
from agentkit.schema import compile_parameters
from agentkit.signature import Signature, read_signature
from agentkit.threads import run_in_thread

if TYPE_CHECKING:
    from agentkit.context import RunContext
    from agentkit.messages import JSONObject
    from agentkit.schema import ArgumentsSchema


class Body(Protocol):
    """How a tool's arguments are read and its work is done."""

    @property
    def input_schema(self) -> JSONObject:
        """The lossless JSON Schema of the arguments. Raises DefinitionError while a name in it is not defined."""
        ...

    @property
    def is_waiting(self) -> bool:
        """Whether a type in it is not defined yet."""
        ...

    @property
    def needs_context(self) -> bool:
        """Whether the work cannot be done without a RunContext."""
        ...

    def read(self, tool: str, given: Mapping[str, object]) -> Mapping[str, object]:
        """The model's dict -> arguments. Raises InvalidArguments."""
        ...

    async def work(self, arguments: Mapping[str, object], ctx: RunContext[object] | None) -> object:
        """Do the work; whatever it raises passes."""
        ...


@dataclass(frozen=True)
class FunctionBody:
    """A function whose parameters are the arguments."""

    function: Callable[..., object] = field(repr=False)
    names: Mapping[str, object] = field(repr=False)
    """What names in its annotations may stand for, beside its module's."""

    def __post_init__(self) -> None:
        inner = underlying(self.function)
        if inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner):
            raise DefinitionError("a generator cannot be a tool, which has one result; return a list instead")
        # Tried again when an agent is made of a tool that waits for a type; no other name is kept alive until then.
        kept = needed_names(inspect.get_annotations(inner), self.names) if self.is_waiting else {}
        object.__setattr__(self, "names", kept)

    @cached_property
    def _signature(self) -> Signature:
        return read_signature(self.function, self.names)

    @property
    def is_waiting(self) -> bool:
        """See `Body.is_waiting`."""
        if self._signature.missing:
            missing = read_signature(self.function, self.names)
            self.__dict__["_signature"] = missing
        return bool(self._signature.missing)

    @cached_property
    def _arguments(self) -> ArgumentsSchema:
        if self.is_waiting:
            name, reason = next(iter(self._signature.missing.items()))
            raise DefinitionError(
                f"parameter `{name}`: its type cannot be resolved ({reason}); define it before the tool, at module "
                "level, and import it outside `if TYPE_CHECKING`"
            )
        return compile_parameters(self._signature.parameters)

    @property
    def input_schema(self) -> JSONObject:
        """See `Body.input_schema`."""
        return self._arguments.schema

    @property
    def needs_context(self) -> bool:
        """See `Body.needs_context`."""
        return self._signature.context is not None

    def read(self, tool: str, given: Mapping[str, object]) -> Mapping[str, object]:
        """See `Body.read`."""
        return read_arguments(tool, self._arguments, given)

    async def work(self, arguments: Mapping[str, object], ctx: RunContext[object] | None) -> object:
        """See `Body.work`."""
        context = {} if self._signature.context is None else {self._signature.context: ctx}
        return await _called(functools.partial(self.function, **arguments, **context), self.function)


@dataclass(frozen=True)
class SchemaBody:
    """A function that takes the arguments as one dict, described by a JSON Schema from elsewhere."""

    schema: JSONObject
    function: Callable[..., object] = field(repr=False)
    is_waiting: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        from jsonschema import Draft202012Validator, SchemaError

        try:
            Draft202012Validator.check_schema(self.schema)
        except SchemaError as error:
            raise DefinitionError(f"input_schema is not a JSON Schema: {error.message}") from error
        if self.schema.get("type") != "object":
            raise DefinitionError('input_schema must have `"type": "object"` at its root, as the API asks')
        count = len(inspect.signature(self.function).parameters)
        if count not in (1, 2):
            raise DefinitionError(f"its function takes {count} parameters; it gets `(input)` or `(ctx, input)`")

    @property
    def input_schema(self) -> JSONObject:
        """See `Body.input_schema`."""
        return self.schema

    @property
    def needs_context(self) -> bool:
        """See `Body.needs_context`."""
        return len(inspect.signature(self.function).parameters) == 2

    def read(self, tool: str, given: Mapping[str, object]) -> Mapping[str, object]:
        """See `Body.read`."""
        return read_json_arguments(tool, self.schema, given)

    async def work(self, arguments: Mapping[str, object], ctx: RunContext[object] | None) -> object:
        """See `Body.work`."""
        given = (ctx, arguments) if self.needs_context else (arguments,)
        return await _called(functools.partial(self.function, *given), self.function)


async def _called(call: Callable[[], object], function: Callable[..., object]) -> object:
    """Call an async function here and a sync one in a thread; what turns out to be awaitable is awaited here."""
    inner = underlying(function)
    value = call() if inspect.iscoroutinefunction(inner) else await run_in_thread(call)
    return await value if inspect.isawaitable(value) else value
