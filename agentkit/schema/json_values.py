"""Validate JSON data as Python values, exactly as strictly as the JSON Schema.

pydantic's strict mode is fast and right for nearly every call. Where it refuses a value, the schema decides: the cause
may be a user's validator that relies on lax conversions, an open model, or `1.0` where an integer is expected.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError, core_schema, to_jsonable_python

from agentkit.messages.message import JSON, JSONObject
from agentkit.messages.plain_json import encode_plain
from agentkit.messages.strict_json import ExactFloat
from agentkit.schema.conversions import is_converted, is_deep, leaf_violations
from agentkit.schema.exact_numbers import exact_numbers, read_exact_decimal
from agentkit.schema.json_schema.checker import SchemaChecker
from agentkit.schema.json_schema.subschemas import is_list, is_object
from agentkit.schema.user_code import REFUSED, error_of_user_code, guarded_validator, recorded_conversions

if TYPE_CHECKING:
    from typing import LiteralString

    from pydantic.config import ExtraValues

T = TypeVar("T")
Value_co = TypeVar("Value_co", covariant=True)

_EXACT_INTEGERS = 2**53
"""Below this bound a float without a fraction equals exactly one integer."""
_KNOWN_ERRORS = frozenset(get_args(core_schema.ErrorType))
_USER_ERRORS = frozenset(("value_error", "assertion_error", REFUSED))
"""The errors that say nothing about the form of the data."""


class Validator(Protocol[Value_co]):
    """pydantic's validator of a type."""

    def validate_json(self, data: bytes, *, strict: bool | None = None, extra: ExtraValues | None = None) -> Value_co:
        """Return the value of the type that a JSON text stands for. Raises what user code raises, too."""
        ...


@dataclass(frozen=True)
class JsonReader(Generic[T]):
    """Validates JSON data as values of one type."""

    adapter: TypeAdapter[T] = field(repr=False)
    schema: JSONObject
    has_open_objects: bool
    """True if an object in the type allows unnamed properties; pydantic's check of unknown keys is too coarse then."""
    has_converters: bool
    """True if the user's validators convert the input before it is validated, and so rely on lax conversions."""
    has_wrappers: bool = False
    """True if validators of the user's wrap the validation: what they say in strict mode is not their last word."""

    def read_value(self, value: object) -> T:
        """Return the Python value of JSON data.

        Raises:
            pydantic.ValidationError: The data does not fit; every problem is in it, and what the user's code raised.
        """
        try:
            return self._read_value(value)
        except (ValidationError, MemoryError):
            raise
        except Exception as error:
            if isinstance(error, RecursionError) and is_deep(value):
                raise
            raise error_of_user_code(value, error) from error

    @cached_property
    def _validator(self) -> Validator[T]:
        return cast("Validator[T]", guarded_validator(self.adapter) or self.adapter.validator)

    @cached_property
    def _exact_validator(self) -> Validator[T]:
        """The validator for data with numbers that have more digits than a float keeps."""
        return cast("Validator[T]", guarded_validator(self.adapter, read_exact_decimal) or self._validator)

    def _read_value(self, value: object) -> T:
        numbers: list[ExactFloat] = []
        text = _encode_json(value, exact=True, numbers=numbers)
        if not numbers:
            return self._read_text(value, text, self._validator)
        with exact_numbers(numbers):
            return self._read_text(value, text, self._exact_validator)

    def _read_text(self, value: object, text: bytes, validator: Validator[T]) -> T:
        try:
            return validator.validate_json(text, strict=True, extra="forbid")
        except ValidationError as strict:
            said = strict.errors(include_url=False, include_input=False)
            if not self.has_wrappers and all(error["type"] in _USER_ERRORS for error in said):
                raise  # nothing but what the user's code has said, which is asked once
            if SchemaChecker(self.schema).is_valid(cast("JSON", value)):
                return validator.validate_json(_encode_json(value, exact=False))
            if self.has_open_objects:
                self._raise_for_unknown_keys(value, strict)
            if self.has_converters:
                return self._read_converted(value, text, validator, strict)
            raise

    def _read_converted(self, value: object, text: bytes, validator: Validator[T], strict: ValidationError) -> T:
        """Return the value by lax conversions, which count where a validator of the user's has changed the data."""
        with recorded_conversions() as conversions:
            converted = validator.validate_json(text, extra=None if self.has_open_objects else "forbid")
        misfits = leaf_violations(SchemaChecker(self.schema), cast("JSON", value))
        if all(is_converted(misfit.path, cast("JSON", value), conversions) for misfit in misfits):
            return converted
        raise strict

    def _raise_for_unknown_keys(self, value: object, strict: ValidationError) -> None:
        """Raise the errors again without those for unknown keys that the schema allows, if there are any."""
        unknown = set(_unknown_keys(SchemaChecker(self.schema), cast("JSON", value), self.schema, set()))
        said = strict.errors(include_url=False)
        kept = [error for error in said if error["type"] != "extra_forbidden" or error["loc"][-1] in unknown]
        if len(kept) < len(said) and (kept or not self.has_converters):
            raise ValidationError.from_exception_data(
                strict.title, [_init_error_details(error) for error in kept or said], input_type="json"
            ) from None


def renamed_validation_error(error: ValidationError, own_names: Mapping[str, str]) -> ValidationError:
    """Return an error in which the fields have other names. `own_names`: the names in the error, by the other ones."""
    others = {own: name for name, own in own_names.items()}
    lines = [_init_error_details(one) for one in error.errors(include_url=False)]
    for line in lines:
        first, *rest = line.get("loc") or ("",)
        line["loc"] = (others.get(str(first), first), *rest)
    return ValidationError.from_exception_data(error.title, lines, input_type="json")


def _unknown_keys(checker: SchemaChecker, value: JSON, part: JSONObject, seen: set[tuple[int, int]]) -> Iterator[str]:
    """Yield the keys that a schema does not allow, including those inside the choices of a union, each checked once."""
    if (id(value), id(part)) in seen:
        return
    seen.add((id(value), id(part)))
    for misfit in checker.find_violations(value, part):
        if misfit.keyword == "additionalProperties" and is_object(misfit.value):
            known: JSONObject = misfit.schema.get("properties", {})
            yield from (key for key in misfit.value if key not in known)
        elif misfit.keyword in ("anyOf", "oneOf"):
            for choice in misfit.schema[misfit.keyword]:
                if is_object(choice):
                    yield from _unknown_keys(checker, misfit.value, choice, seen)


def _init_error_details(error: ErrorDetails) -> InitErrorDetails:
    context = error.get("ctx", {})
    kind: str | PydanticCustomError = error["type"]
    if kind not in _KNOWN_ERRORS:
        kind = PydanticCustomError(cast("LiteralString", kind), "{said}", {**context, "said": error["msg"]})
    return {"type": kind, "loc": error["loc"], "input": error["input"], "ctx": context}


def _encode_json(value: object, *, exact: bool, numbers: list[ExactFloat] | None = None) -> bytes:
    """Return data as JSON text. `numbers` collects those that have more digits than the text."""
    if (written := encode_plain(value)) is not None:
        return written
    plain = _with_integral_floats_as_int(value, exact, numbers)
    text = json.dumps(plain, ensure_ascii=False, default=to_jsonable_python)
    # A lone surrogate, which a JSON escape can produce, cannot be encoded in UTF-8: it is replaced.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _with_integral_floats_as_int(value: object, exact: bool, numbers: list[ExactFloat] | None) -> object:
    """Convert `1.0` to 1, at any depth: JSON has one type of number. `exact`: keep floats too large to be exact."""
    if isinstance(value, float):
        if isinstance(value, ExactFloat) and numbers is not None:
            numbers.append(value)
        if value.is_integer() and (not exact or abs(value) < _EXACT_INTEGERS):
            return int(Decimal(repr(value)))
        return value
    if is_object(value):
        return {key: _with_integral_floats_as_int(inner, exact, numbers) for key, inner in value.items()}
    if is_list(value):
        return [_with_integral_floats_as_int(inner, exact, numbers) for inner in value]
    return value
