"""Check JSON data against a JSON Schema, without jsonschema's exponential time on nested unions.

jsonschema validates every choice of a union completely and collects all its errors, so a recursive union multiplies
the time at every level. Here the result of each value and choice is remembered, and a union that no choice fits is one
violation. The caller then checks the value against the choice that was most likely intended.
"""

from __future__ import annotations

import importlib
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.json_schema.ecma_patterns import require_pattern
from agentkit.schema.json_schema.subschemas import is_object, resolve_reference, subschemas, walk_schemas
from agentkit.schema.json_schema.validator import (
    ChoiceResults,
    Validator,
    ValidatorError,
    choice_results,
    format_checker,
    validator_class,
)


@dataclass(frozen=True, slots=True)
class SchemaViolation:
    """One keyword of a schema that a value does not satisfy."""

    keyword: str
    """`type`, `required` ...; empty where the schema is `false`, which allows nothing."""
    keyword_value: JSON
    """The value of the keyword in the schema."""
    value: JSON
    """The value that does not fit; the key itself where a key is wrong."""
    schema: JSONObject
    """The part of the schema that holds the keyword."""
    path: tuple[str | int, ...]
    """The path of the value in the data."""
    is_key: bool
    """True if a key of the object at the path is wrong, and not the value."""


@dataclass(frozen=True)
class SchemaChecker:
    """Checks values against one schema and its parts. It caches results by object identity: make one for each value."""

    schema: JSONObject
    """The root schema, in which references are resolved."""
    checks_formats: bool = False
    """True: `format` is a constraint too, as far as jsonschema knows the format in this installation."""
    _results: ChoiceResults = field(
        default_factory=dict[tuple[int, int], tuple[bool, object, object]], init=False, repr=False
    )

    def is_valid(self, value: JSON, part: JSONObject | None = None) -> bool:
        """Return True if a value fits the schema, or the given part of it."""
        return not self._violations(value, part, most=1)

    def find_violations(self, value: JSON, part: JSONObject | None = None) -> list[SchemaViolation]:
        """Return everything in a value that does not fit the schema, or the given part of it."""
        return self._violations(value, part)

    def _violations(self, value: JSON, part: JSONObject | None, most: int | None = None) -> list[SchemaViolation]:
        token = choice_results.set(self._results)
        try:
            errors = self._validator.evolve(schema=self.schema if part is None else part).iter_errors(value)
            return [_to_violation(error) for error in islice(errors, most)]
        finally:
            choice_results.reset(token)

    @cached_property
    def _validator(self) -> Validator:
        validator: Validator = validator_class()(
            self.schema, format_checker=format_checker() if self.checks_formats else None
        )
        return validator


def require_valid_schema(schema: object) -> None:
    """Check that a tool's `input_schema` is valid JSON Schema with local references only.

    Raises:
        DefinitionError: It is not. The text has the reason.
    """
    if not is_object(schema):
        raise DefinitionError(f"input_schema is not a JSON Schema, which is a dict, but {schema!r}")
    jsonschema = importlib.import_module("jsonschema")
    try:
        json.dumps(schema, allow_nan=False)
        # Without the format `regex`: patterns are ECMA's, and jsonschema would read them as Python's.
        jsonschema.Draft202012Validator.check_schema(schema, jsonschema.FormatChecker(()))
    except (TypeError, ValueError, RecursionError) as error:
        raise DefinitionError(f"input_schema is not JSON: {error}") from error
    except jsonschema.SchemaError as error:
        raise DefinitionError(f"input_schema is not a JSON Schema: {error.message}") from error
    for part in walk_schemas(schema):
        _require_valid_patterns(part)
        if "$dynamicRef" in part or (part is not schema and "$id" in part):
            raise DefinitionError("input_schema uses `$dynamicRef` or a nested `$id`; write `#/$defs/Name` instead")
        ref = part.get("$ref", "#")
        try:
            is_local = isinstance(ref, str) and (ref == "#" or ref.startswith("#/"))
            _require_terminating_references(part if is_local else {"$ref": ""}, schema, ())
        except KeyError as error:
            raise DefinitionError(
                f"input_schema refers to {ref!r}, which does not lead to a schema inside it; only references like "
                "`#/$defs/Name` work"
            ) from error


def _require_valid_patterns(part: JSONObject) -> None:
    for pattern in (part.get("pattern", ""), *part.get("patternProperties", ())):
        try:
            require_pattern(pattern)
        except re.error as error:
            raise DefinitionError(
                f"input_schema has the pattern {pattern!r}, which is no regular expression: {error}"
            ) from error


def _require_terminating_references(schema: JSONObject, root: JSONObject, visited_unions: tuple[int, ...]) -> None:
    """Raise KeyError for a cycle of references and unions that never descends into the value: it never ends."""
    schema = resolve_reference(schema, root)
    marks = tuple(id(schema[key]) for key in ("anyOf", "oneOf", "allOf") if key in schema)
    if set(marks) & set(visited_unions):
        raise KeyError("#")
    for name, part in subschemas(schema):
        if name.startswith(("anyOf.", "oneOf.", "allOf.")):
            _require_terminating_references(part, root, visited_unions + marks)


def _to_violation(error: ValidatorError) -> SchemaViolation:
    schema = error.schema if is_object(error.schema) else {}
    is_key = "propertyNames" in tuple(error.absolute_schema_path)
    return SchemaViolation(
        error.validator or "", error.validator_value, error.instance, schema, tuple(error.absolute_path), is_key
    )
