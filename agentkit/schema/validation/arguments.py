"""Validate a tool call's arguments, or raise one text with which the model can repair the call.

A valid call costs one validation. Only invalid arguments are examined further: stringified objects are decoded where
that is unambiguous, and if the arguments are still invalid, the error lists the problems, at most 20.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import ValidationError

from agentkit.errors import InvalidArguments
from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.checker import SchemaChecker
from agentkit.schema.validation.error_words import TOO_DEEP
from agentkit.schema.validation.problems import Problem, find_problems, json_excerpt
from agentkit.schema.validation.stringified import decode_stringified
from agentkit.schema.validation.validator_problems import user_exceptions, validator_problems

if TYPE_CHECKING:
    from agentkit.schema import ArgumentsSchema

T = TypeVar("T")

_MOST_PROBLEMS = 20
_MOST_ERRORS = 1_000
_MOST_CHARS = 6_000


class SchemaMismatch(Exception):
    """A value does not fit a JSON Schema. It has no details: they are searched for only once they are needed."""


def validate_arguments(tool: str, arguments: ArgumentsSchema, given: Mapping[str, object]) -> dict[str, object]:
    """Return a tool's arguments by parameter name. Raises InvalidArguments with the text for the model."""
    return validate_or_explain(
        _require_object(tool, given), arguments.schema, arguments.validate, invalid_arguments_header(tool)
    )


def validate_json_arguments(tool: str, schema: JSONObject, given: Mapping[str, object]) -> JSONObject:
    """Return the arguments, unconverted, of a tool that was defined by a JSON Schema. Raises InvalidArguments.

    They are a copy: the tool gets them as they are, and may change them.
    """

    def validate(value: JSONObject) -> JSONObject:
        if not SchemaChecker(schema, checks_formats=True).is_valid(value):
            raise SchemaMismatch
        return value

    valid = validate_or_explain(_require_object(tool, given), schema, validate, invalid_arguments_header(tool))
    try:
        return cast("JSONObject", _copied(valid))
    except RecursionError:
        return valid  # too deeply nested for the tool as well, which reports it


def _copied(value: object) -> object:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in cast("JSONObject", value).items()}
    return [_copied(inner) for inner in cast("list[object]", value)] if isinstance(value, list) else value


def validate_or_explain(
    value: JSONObject, schema: JSONObject, validate: Callable[[JSONObject], T], header: str, within: Sequence[str] = ()
) -> T:
    """Return `validate(value)`, with stringified objects in the value decoded if it is invalid without that.

    Args:
        value: The JSON object.
        schema: Its JSON Schema, by which problems are described.
        validate: Returns the result, or raises pydantic's ValidationError or SchemaMismatch.
        header: The first line of the error text.
        within: The path of what `validate` passes to pydantic, inside the object.

    Raises:
        InvalidArguments: The value is invalid. The text is the header and a line for each problem, at most 20. Its
            cause is what the user's code has raised, other than a ValueError.
    """
    try:
        return _validate_with_decoding(value, schema, validate, header, within)
    except RecursionError:
        raise InvalidArguments(f"{header}\n- {TOO_DEEP}") from None


def invalid_arguments_header(tool: str) -> str:
    """Return the first line of the error text for the model."""
    return f"Invalid arguments for tool `{tool}`. Nothing was executed. Fix these and call `{tool}` again:"


def _require_object(tool: str, given: object) -> JSONObject:
    if not isinstance(given, Mapping):
        raise InvalidArguments(f"{invalid_arguments_header(tool)}\n- expected an object, got {json_excerpt(given)}")
    return {str(key): value for key, value in cast("Mapping[object, object]", given).items()}


def _validate_with_decoding(
    value: JSONObject, schema: JSONObject, validate: Callable[[JSONObject], T], header: str, within: Sequence[str]
) -> T:
    try:
        return validate(value)
    except (ValidationError, SchemaMismatch) as error:
        refused = error
    decoded = decode_stringified(value, schema)
    if isinstance(decoded, dict) and decoded is not value:
        try:
            return validate(decoded)
        except (ValidationError, SchemaMismatch) as error:
            refused = error
    problems = find_problems(decoded, schema)
    # pydantic reports the errors of a recursive union without a tag once per path through it: thousands of repetitions.
    if isinstance(refused, ValidationError) and (not problems or refused.error_count() <= _MOST_ERRORS):
        order = list(schema.get("properties", ()))
        for problem in validator_problems(refused, decoded, within, problems, schema):
            later = (
                i
                for i, other in enumerate(problems)
                if _parameter_position(other.path, order) > _parameter_position(problem.path, order)
            )
            problems.insert(next(later, len(problems)), problem)
    suggestions = [problem.suggestion for problem in problems if problem.suggestion is not None]
    raised = user_exceptions(refused) if isinstance(refused, ValidationError) else []
    cause = ExceptionGroup("validators have raised", raised) if len(raised) > 1 else next(iter(raised), None)
    raise InvalidArguments(_error_text(header, problems), suggestions) from cause


def _error_text(header: str, problems: Sequence[Problem]) -> str:
    lines = [header]
    length = len(header)
    for i, problem in enumerate(problems):
        line = f"- {problem}"
        if i >= _MOST_PROBLEMS or length + len(line) > _MOST_CHARS:
            lines.append(f"- and {len(problems) - i} more problems")
            break
        lines.append(line)
        length += len(line) + 1
    # The arguments may hold a lone surrogate, which cannot be encoded in a request.
    return "\n".join(lines).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _parameter_position(path: str, order: Sequence[str]) -> int:
    """Return the sort key of a problem: the position of its parameter in the schema, unknown ones last."""
    first = path.partition(".")[0].partition("[")[0]
    return order.index(first) if first in order else len(order)
