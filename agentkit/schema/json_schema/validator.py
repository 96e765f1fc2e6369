"""Extend jsonschema's validator: unions are judged once, and patterns are read as ECMAScript's.

The file has all that touches jsonschema's keywords, each a function of the validator, the keyword's value, the value
and the schema.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from functools import cache
from typing import Protocol, TypeAlias

from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.json_schema.ecma_patterns import compile_pattern, may_match
from agentkit.schema.json_schema.subschemas import is_object

ChoiceResults: TypeAlias = "dict[tuple[int, int], tuple[bool, object, object]]"
"""The results by `id` of a value and a choice. Both objects are kept, so that no other one is given their ids."""

choice_results: ContextVar[ChoiceResults] = ContextVar("agentkit_judged")
"""The results of the check that is under way."""


class ValidatorError(Protocol):
    """One of jsonschema's errors."""

    validator: str | None
    validator_value: JSON
    instance: JSON
    schema: JSON
    absolute_path: Iterable[str | int]
    absolute_schema_path: Iterable[str | int]


class Validator(Protocol):
    """jsonschema's validator of one schema."""

    def evolve(self, *, schema: JSONObject) -> Validator:
        """Return a validator of another part."""
        ...

    def iter_errors(self, instance: JSON) -> Iterator[ValidatorError]:
        """Yield each keyword that the value does not satisfy."""
        ...

    def descend(
        self, instance: JSON, schema: JSONObject, path: str | None = None, schema_path: str | None = None
    ) -> Iterator[ValidatorError]:
        """Yield the errors of a value inside the value, by a part of the schema."""
        ...


Keyword: TypeAlias = "Callable[[Validator, JSONObject, JSON, JSONObject], Iterator[object]]"
"""A keyword's check: the validator, the keyword's value, the value and the schema around the keyword."""


class ValidatorClass(Protocol):
    """jsonschema's class of validators."""

    def __call__(self, schema: JSONObject, *, format_checker: object) -> Validator:
        """Make the validator of a schema."""
        ...


@cache
def validator_class() -> ValidatorClass:
    """Return the extended class; it is made at the first use, since jsonschema takes long to import."""
    module = importlib.import_module("jsonschema")
    known: Mapping[str, Keyword] = module.Draft202012Validator.VALIDATORS
    made: ValidatorClass = module.validators.extend(
        module.Draft202012Validator,
        {
            "anyOf": _validate_any_of,
            "oneOf": _validate_one_of,
            "pattern": _validate_pattern,
            "patternProperties": _validate_pattern_properties,
            "additionalProperties": _validate_additional_properties,
            "unevaluatedProperties": _unless_patterns_are_only_ecma(known["unevaluatedProperties"]),
        },
    )
    return made


@cache
def format_checker() -> object:
    """Return the checker of all formats but `regex`, which is ECMA's and not Python's."""
    module = importlib.import_module("jsonschema")
    return module.FormatChecker(set(module.FormatChecker.checkers) - {"regex"})


def _validate_any_of(validator: Validator, choices: list[JSONObject], value: JSON, _: JSONObject) -> Iterator[object]:
    if not any(_is_choice_valid(validator, choice, value) for choice in choices):
        yield _schema_error("no choice fits, or more than one")


def _validate_one_of(validator: Validator, choices: list[JSONObject], value: JSON, _: JSONObject) -> Iterator[object]:
    if sum(_is_choice_valid(validator, choice, value) for choice in choices) != 1:
        yield _schema_error("no choice fits, or more than one")


def _is_choice_valid(validator: Validator, choice: JSONObject, value: JSON) -> bool:
    seen = choice_results.get()
    key = (id(value), id(choice))
    if key not in seen:
        is_valid = next(validator.descend(value, choice), None) is None
        seen[key] = (is_valid, value, choice)
    return seen[key][0]


def _validate_pattern(_: Validator, pattern: str, value: JSON, __: JSONObject) -> Iterator[object]:
    if isinstance(value, str) and not may_match(pattern, value):
        yield _schema_error("the pattern does not match")


def _validate_pattern_properties(
    validator: Validator, patterns: JSONObject, value: JSON, _: JSONObject
) -> Iterator[object]:
    for key, inner in value.items() if is_object(value) else ():
        for pattern, part in patterns.items():
            if (compiled := compile_pattern(pattern)) and compiled.search(key):
                yield from validator.descend(inner, part, path=key, schema_path=pattern)


def _validate_additional_properties(
    validator: Validator, others: JSON, value: JSON, schema: JSONObject
) -> Iterator[object]:
    if not is_object(value):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    unnamed = [key for key in value if key not in named and not any(may_match(pattern, key) for pattern in patterns)]
    if is_object(others):
        for key in unnamed:
            yield from validator.descend(value[key], others, path=key)
    elif unnamed and not others:
        yield _schema_error("there are properties without a name in the schema")


def _unless_patterns_are_only_ecma(keyword: Keyword) -> Keyword:
    """Return a keyword of jsonschema that says nothing where it reads a pattern that Python does not have."""

    def validate(validator: Validator, parts: JSONObject, value: JSON, schema: JSONObject) -> Iterator[object]:
        try:
            yield from keyword(validator, parts, value, schema)
        except re.error:
            return

    return validate


def _schema_error(text: str) -> Exception:
    error: Exception = importlib.import_module("jsonschema").ValidationError(text)
    return error
