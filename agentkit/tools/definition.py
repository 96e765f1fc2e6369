"""A tool: a function, and its description for the model."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Generic, ParamSpec, SupportsIndex, TypeVar, cast

from typing_extensions import Unpack

from agentkit.errors import DefinitionError, InvalidArguments, UsageError
from agentkit.schema.json_schema.subschemas import copy_json
from agentkit.schema.strict.form import NotStrictable, strict_form
from agentkit.tools.api_tools import OPEN_SCHEMA, checked_client_tool, client_tool_name, is_toolset
from agentkit.tools.body import SchemaBody, ToolBody
from agentkit.tools.json_forms import NoJsonForm
from agentkit.tools.options import (
    Effect,
    ToolOptions,
    check_name,
    check_options,
    clean_description,
    examples_as_json,
    is_for_code,
    reconcile_problem,
)
from agentkit.tools.result_content import is_slow_to_render, render_result, unshowable_result
from agentkit.tools.run_context import RunContext, services_of
from agentkit.tools.signatures.signature import source_location
from agentkit.tools.worker_threads import run_in_thread

if TYPE_CHECKING:
    from agentkit.messages.message import Content, JSONObject
    from agentkit.tools.signatures.deps_demand import DepsDemand


def _find_by_name(module: str, qualified_name: str) -> object:
    """Return what a module has under this name; the module is imported if need be. None: it has nothing there."""
    found: object = import_module(module)
    for name in qualified_name.split("."):
        found = getattr(found, name, None)
    return found


P = ParamSpec("P")
R = TypeVar("R")


class Tool(Generic[P, R]):
    """A function, and its description for the model. Make it with `@tool`, `Tool.from_schema` or `Tool.from_api`.

    A tool is callable with the signature of its function, and never changes once it is made.
    """

    is_agent = False
    """True if a call runs, starts, collects or stops a sub-agent: it records steps of its own and has no timeout."""

    def __init__(
        self,
        body: ToolBody,
        function: Callable[P, R],
        name: str,
        description: str | Callable[[], str],
        options: ToolOptions,
        api_param: JSONObject | None = None,
    ) -> None:
        check_name(name)
        options = check_options(options)
        functools.update_wrapper(self, function, updated=())
        self.name = name
        self._description = description if callable(description) else clean_description(description)
        self.declared_effect: Effect | None = options.get("effect")
        """The declared effect. None: not declared, so `write` is assumed."""
        self.effect: Effect = self.declared_effect or "write"
        self.timeout_s = options.get("timeout_s")
        self.retries = options.get("retries") or 0
        """The number of retries of a failed call."""
        self.raises = tuple(options.get("raises") or ())
        self.allowed_callers = tuple(options.get("allowed_callers") or ())
        self.strict = False if is_for_code(self.allowed_callers) else options.get("strict")
        self.examples = examples_as_json(options.get("examples") or ())
        self.max_result_tokens = options.get("max_result_tokens")
        self.available = options.get("available")
        self.reconcile = options.get("reconcile")
        self.exclusive = bool(options.get("exclusive"))
        self.eager = options.get("eager") is not False
        """True if a call may start while the reply is still streaming, provided that its effect is `read`."""
        self.defer_loading = bool(options.get("defer_loading"))
        self.finds_tools = bool(options.get("finds_tools"))
        """True if it finds deferred tools, in place of the API's tool search."""
        self.api_param = api_param
        """The API's own definition of the tool. None: it is sent with a schema."""
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

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[object, ...]:
        """Pickle a tool of a module by its name there, as functions are."""
        place = self.__module__, str(getattr(self, "__qualname__", self.name))
        return (_find_by_name, place) if _find_by_name(*place) is self else super().__reduce_ex__(protocol)

    @property
    def description(self) -> str:
        """The description for the model. Empty: there is none."""
        return self._description() if callable(self._description) else self._description

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

    @property
    def deps_demand(self) -> DepsDemand | None:
        """The deps that it asks for with `RunContext[...]`. None: it asks for none."""
        return self._body.deps_demand

    def resolve(self) -> None:
        """Check the tool completely: types that were not defined at decoration must be defined now.

        An agent does this for each of its tools.

        Raises:
            DefinitionError: A type cannot be resolved, an example does not fit, or there is no strict form.
        """
        schema = self.input_schema
        try:
            _ = self.returns
        except DefinitionError as error:
            raise self._with_location(error) from error
        if self.reconcile is not None and (problem := reconcile_problem(self.reconcile, schema)):
            raise self._with_location(DefinitionError(problem))
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
        param: JSONObject
        if self.api_param is not None:
            param = copy.deepcopy(self.api_param)
        else:
            description = self.description
            param = {"name": self.name, **({"description": description} if description else {})}
            param["input_schema"] = self._strict_schema() if is_strict else copy_json(self.input_schema)
        if is_strict:
            param["strict"] = True
        if self.allowed_callers:
            param["allowed_callers"] = list(self.allowed_callers)
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
            ToolError: The tool ran, and its result cannot be shown.
            Exception: Whatever the function raises, ToolError among it.
        """
        arguments = self._body.parse_arguments(self.name, input)
        is_context = isinstance(cast("object", ctx), RunContext)
        if not is_context and (ctx is not None or self._body.needs_context):
            raise UsageError(f"Tool {self.name!r} takes a RunContext: call it with one, RunContext(deps=...).")
        services = None if ctx is None else services_of(ctx)
        keep = None if services is None or services.artifact_slot is None else services.artifact_slot.keep
        redact = None if services is None else services.redactor.content
        try:
            value = await self._body.execute(arguments, ctx)
            render = functools.partial(render_result, value, self.max_result_tokens, keep, redact)
            return await run_in_thread(render, name=f"result of {self.name}") if is_slow_to_render(value) else render()
        except NoJsonForm as error:
            raise unshowable_result(self.name, error) from error

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
        Parts that the API would refuse are translated: properties with names like `$top` get others, and alternatives
        at the root go into the description; `function` gets the names and values of its own schema.
        Raises DefinitionError for a schema that is none, or whose root is not an object.

        Args:
            name: The name for the model.
            description: The description for the model, sent as it is written.
            input_schema: The JSON Schema of the arguments, an object.
            function: Executes a call.
            options: The keywords of `@tool`.
        """
        try:
            body = SchemaBody(copy.deepcopy(input_schema), function)
            note = f"\n\n{body.form.note}" if body.form.note else ""
            return Tool(body, function, name, clean_description(description) + note, options)
        except DefinitionError as error:
            raise DefinitionError(f"Tool.from_schema({name!r}): {error}") from error

    @classmethod
    def from_api(
        cls, definition: JSONObject, function: Callable[..., object], **options: Unpack[ToolOptions]
    ) -> Tool[..., object]:
        """Make a tool of one that the API defines and the client executes: memory, bash, text editor, computer.

        `definition` is the API's own dictionary: `{"type": "memory_20250818", "name": "memory"}`. `function` gets the
        model's input as one dict: `(input)`, or `(ctx, input)` for the RunContext too; sync or async. A call of a
        toolset's member has the member's name as its `action`.

        Raises DefinitionError for a tool that the API executes itself, and for what is no such dictionary.

        Args:
            definition: The API's own dictionary.
            function: Executes a call.
            options: The keywords of `@tool`.
        """
        name = client_tool_name(definition)
        try:
            param = checked_client_tool(definition)
            if is_toolset(param) and options.get("exclusive") is None:
                options = {**options, "exclusive": True}  # its calls act one after another on one screen
            if options.get("strict"):
                param["strict"] = True
            options = {**options, "strict": False}  # there is no schema here of which a strict form could be made
            return Tool(SchemaBody(OPEN_SCHEMA, function), function, name, "", options, param)
        except DefinitionError as error:
            raise DefinitionError(f"Tool.from_api({name!r}): {error}") from error
