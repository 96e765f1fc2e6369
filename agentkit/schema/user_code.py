"""Guard the user's code inside validation: whatever a validator raises becomes a problem of the value at its place.

pydantic takes a ValueError of a validator for a misfit, and lets everything else end the validation: no place, no other
problems. So the functions in a type's core schema are wrapped, once, where the type has any.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeAlias, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError, PydanticOmit, PydanticUseDefault, SchemaValidator

from agentkit.errors import ToolError
from agentkit.schema.json_schema.subschemas import is_object

REFUSED = "agentkit_refused"
"""The type of the error for a value at which the user's code raised something other than a ValueError."""
NO_DEFAULT = "agentkit_no_default"
"""The type of the error for a field whose default factory raised something."""

Conversion: TypeAlias = "tuple[object, object]"
"""The data that the user's code was given, and the data that it made of it for the rest of the type."""
REPLACED: Final = object()
"""Stands for the result of a conversion that is not JSON data any more."""

_AnyCoreSchema: TypeAlias = Any
"""A core schema, or a part of one: one of fifty TypedDicts with a tag `type`."""
_Function: TypeAlias = Callable[..., object]
_PARTS = frozenset(
    {
        *("schema", "items_schema", "keys_schema", "values_schema", "extras_schema", "extras_keys_schema"),
        *("arguments_schema", "var_args_schema", "var_kwargs_schema", "lax_schema", "strict_schema"),
        *("json_schema", "python_schema", "choices", "steps", "fields", "definitions"),
    }
)
"""The keys of a core schema under which others are."""
_CONTROL = (ValueError, AssertionError, PydanticOmit, PydanticUseDefault, RecursionError)
"""Exceptions that pydantic handles itself, and the one that tells of a value that is nested too deeply."""
_conversions: ContextVar[list[Conversion] | None] = ContextVar("agentkit_conversions", default=None)


class _FailedAt(Exception):
    """The user's code raised something, the cause, where pydantic takes no error for a misfit."""

    def __init__(self, path: tuple[str, ...], kind: str) -> None:
        super().__init__(path, kind)
        self.path = path
        """The names of the field and of those around it, without positions in lists."""
        self.kind = kind


def guarded_validator(
    adapter: TypeAdapter[Any], read_decimal: Callable[[object], object] | None = None
) -> SchemaValidator | None:
    """Return a validator of the type whose user code is guarded. None: the type has nothing to guard.

    `read_decimal` converts what is given for a Decimal before pydantic reads it, if it can.
    """
    guard = _Guard(read_decimal)
    core_schema = guard.rewrite(adapter.core_schema, ())
    if not guard.is_changed:
        return None
    # The validators that classes hold ready have the functions as they were.
    return SchemaValidator(core_schema, _use_prebuilt=False)  # type: ignore[call-arg, unused-ignore]  # in no stub


def error_of_user_code(value: object, error: Exception) -> ValidationError:
    """Return the ValidationError for an exception that came out of the validation of a value, where no guard was."""
    path: tuple[str, ...] = tuple(map(str, value)) if is_object(value) and len(value) == 1 else ()
    kind, cause = REFUSED, error
    if isinstance(error, _FailedAt) and isinstance(error.__cause__, Exception):
        path, kind, cause = error.path, error.kind, error.__cause__
    details = PydanticCustomError(cast("Any", kind), "{said}", {"said": _said(cause, kind), "error": cause})
    return ValidationError.from_exception_data("data", [{"type": details, "loc": path, "input": None}], "json")


@contextmanager
def recorded_conversions() -> Generator[list[Conversion]]:
    """Record, inside the block, what converting validators are given and make of it."""
    found: list[Conversion] = []
    token = _conversions.set(found)
    try:
        yield found
    finally:
        _conversions.reset(token)


def is_pydantic_function(function: object) -> bool:
    """Return True for a function of pydantic's own."""
    return str(getattr(function, "__module__", "")).partition(".")[0] in ("pydantic", "pydantic_core")


class _Guard:
    """Copies a core schema with guards around the functions of the user."""

    def __init__(self, read_decimal: Callable[[object], object] | None) -> None:
        self.is_changed = False
        self.read_decimal = read_decimal

    def rewrite(self, part: _AnyCoreSchema, path: tuple[str, ...]) -> _AnyCoreSchema:
        """Return a schema, or a container of schemas, with guards; `path` has the names of the fields around it."""
        if isinstance(part, list | tuple):
            copies = [self.rewrite(inner, path) for inner in cast("list[_AnyCoreSchema]", part)]
            return copies if isinstance(part, list) else tuple(copies)
        if not is_object(part):
            return part
        if isinstance(part.get("name"), str):
            path = (*path, part["name"])
        copied = {key: self._rewrite_parts(key, inner, path) for key, inner in part.items()}
        return self._guarded(copied, path)

    def _rewrite_parts(self, key: str, inner: _AnyCoreSchema, path: tuple[str, ...]) -> _AnyCoreSchema:
        if key not in _PARTS:
            return inner
        if key in ("fields", "choices") and is_object(inner):
            are_fields = key == "fields"
            return {name: self.rewrite(one, (*path, name) if are_fields else path) for name, one in inner.items()}
        return self.rewrite(inner, () if key == "definitions" else path)

    def _guarded(self, schema: _AnyCoreSchema, path: tuple[str, ...]) -> _AnyCoreSchema:
        kind = schema.get("type")  # an argument of a call has none
        if kind in _GUARDS:
            function = schema["function"]["function"]
            if is_pydantic_function(function):
                return schema
            schema["function"] = {**schema["function"], "function": _GUARDS[kind](function)}
        elif kind == "default" and "default_factory" in schema:
            schema["default_factory"] = _guard_by_path(schema["default_factory"], path, NO_DEFAULT)
        elif kind == "tagged-union" and callable(schema["discriminator"]):
            schema["discriminator"] = _guard_by_path(schema["discriminator"], path, REFUSED)
        elif kind == "model" and schema.get("custom_init"):
            schema = _with_function(schema, "function-wrap", _guard(_call_handler))
        elif kind in ("model", "dataclass") and (post_init := _post_init_name(schema)):
            schema = _with_function({**schema, "post_init": None}, "function-after", _guard(_call_post_init(post_init)))
            del schema["schema"]["post_init"]
        elif kind == "decimal" and self.read_decimal is not None:
            schema = _with_function(schema, "function-before", self.read_decimal)
        else:
            return schema
        self.is_changed = True
        return schema


def _with_function(schema: _AnyCoreSchema, kind: str, function: _Function) -> _AnyCoreSchema:
    """Return a schema with a function around it, which others refer to in its place."""
    inner = {key: value for key, value in schema.items() if key != "ref"}
    outer = {"type": kind, "function": {"type": "no-info", "function": function}, "schema": inner}
    return {**outer, "ref": schema["ref"]} if "ref" in schema else outer


def _call_handler(value: object, handler: _Function) -> object:
    return handler(value)


def _post_init_name(schema: _AnyCoreSchema) -> str | None:
    """Return the name of the method that a class runs on its new instances. None: no guard can take its place."""
    name = schema.get("post_init")
    if schema["type"] == "model":
        method = getattr(schema["cls"], name, None) if isinstance(name, str) else None
        return None if method is None or getattr(method, "__name__", "") == "init_private_attributes" else name
    takes_arguments = any(field.get("init_only") for field in schema["schema"].get("fields", ()))
    return "__post_init__" if name and not takes_arguments else None


def _call_post_init(name: str) -> _Function:
    def call(instance: object) -> object:
        method = getattr(instance, name)
        _ = method(None) if name != "__post_init__" else method()
        return instance

    return call


def _refused(error: Exception) -> PydanticCustomError:
    return PydanticCustomError(cast("Any", REFUSED), "{said}", {"said": _said(error, REFUSED), "error": error})


def _said(error: Exception, kind: str) -> str:
    if isinstance(error, ToolError):
        return str(error)
    what = "no default could be made for it" if kind == NO_DEFAULT else "could not be checked"
    return f"{what} ({type(error).__name__})"


def _guard(function: _Function) -> _Function:
    def guarded(*args: object) -> object:
        try:
            return function(*args)
        except _CONTROL:
            raise
        except Exception as error:
            raise _refused(error) from error

    return guarded


def _guard_before(function: _Function) -> _Function:
    guarded = _guard(function)

    def converting(value: object, *info: object) -> object:
        conversions = _conversions.get()
        if conversions is None:
            return guarded(value, *info)
        given = copy.deepcopy(value)  # the function may change it in place
        result = guarded(value, *info)
        conversions.append((given, result))
        return result

    return converting


def _guard_plain(function: _Function) -> _Function:
    guarded = _guard(function)

    def replacing(value: object, *info: object) -> object:
        conversions = _conversions.get()
        if conversions is not None:
            conversions.append((copy.deepcopy(value), REPLACED))
        return guarded(value, *info)

    return replacing


def _guard_wrap(function: _Function) -> _Function:
    guarded = _guard(function)

    def wrapping(value: object, handler: _Function, *info: object) -> object:
        conversions = _conversions.get()
        if conversions is None:
            return guarded(value, handler, *info)
        given, before = copy.deepcopy(value), len(conversions)

        def recording_handler(inner: object, *args: object) -> object:
            conversions.append((given, inner))
            return handler(inner, *args)

        result = guarded(value, recording_handler, *info)
        if len(conversions) == before:  # it has made a value of its own
            conversions.append((given, REPLACED))
        return result

    return wrapping


def _guard_by_path(function: _Function, path: tuple[str, ...], kind: str) -> _Function:
    """Return a default factory or a discriminator that names its field: pydantic reports no place of it."""

    def guarded(*args: object) -> object:
        try:
            return function(*args)
        except (PydanticOmit, PydanticUseDefault, RecursionError):
            raise
        except Exception as error:
            raise _FailedAt(path, kind) from error

    return guarded


_GUARDS: dict[str, Callable[[_Function], _Function]] = {
    "function-before": _guard_before,
    "function-after": _guard,
    "function-wrap": _guard_wrap,
    "function-plain": _guard_plain,
}
