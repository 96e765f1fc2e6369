"""Validate a tool call's arguments, or raise one text with which the model can repair the call.

A valid call costs one validation. Only invalid arguments are examined further: stringified objects are decoded where
that is unambiguous, and if the arguments are still invalid, the error lists the problems, at most 20.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, cast, get_args

from pydantic import ValidationError
from pydantic_core import core_schema

from agentkit.errors import InvalidArguments
from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.json_schema.checker import SchemaChecker
from agentkit.schema.json_schema.subschemas import is_list, is_object
from agentkit.schema.validation.problems import Problem, find_problems, format_path, json_excerpt
from agentkit.schema.validation.stringified import decode_stringified

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from agentkit.schema import ArgumentsSchema

T = TypeVar("T")

_TOO_DEEP = "nested too deeply; give the same in fewer levels"
_MOST_PROBLEMS = 20
_MOST_ERRORS = 1_000
_MOST_CHARS = 6_000
_MOST_MESSAGE_CHARS = 500
_PYDANTIC_ERROR_TYPES = frozenset(get_args(core_schema.ErrorType)) - {"value_error", "assertion_error"}
_SCHEMA_ERROR_TYPES = frozenset(
    ("missing", "extra_forbidden", "literal_error", "enum", "bool_parsing", "int_parsing", "float_parsing")
)


class SchemaMismatch(Exception):
    """A value does not fit a JSON Schema. It has no details: they are searched for only once they are needed."""


def validate_arguments(tool: str, arguments: ArgumentsSchema, given: Mapping[str, object]) -> dict[str, object]:
    """Return a tool's arguments by parameter name. Raises InvalidArguments with the text for the model."""
    return validate_or_explain(
        _require_object(tool, given), arguments.schema, arguments.validate, invalid_arguments_header(tool)
    )


def validate_json_arguments(tool: str, schema: JSONObject, given: Mapping[str, object]) -> JSONObject:
    """Return the arguments, unconverted, of a tool that was defined by a JSON Schema. Raises InvalidArguments."""

    def validate(value: JSONObject) -> JSONObject:
        if not SchemaChecker(schema, checks_formats=True).is_valid(value):
            raise SchemaMismatch
        return value

    return validate_or_explain(_require_object(tool, given), schema, validate, invalid_arguments_header(tool))


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
        InvalidArguments: The value is invalid. The text is the header and a line for each problem, at most 20.
    """
    try:
        return _validate_with_decoding(value, schema, validate, header, within)
    except RecursionError:
        raise InvalidArguments(f"{header}\n- {_TOO_DEEP}") from None


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
        for problem in _validator_problems(refused, decoded, within, problems):
            later = (
                i
                for i, other in enumerate(problems)
                if _parameter_position(other.path, order) > _parameter_position(problem.path, order)
            )
            problems.insert(next(later, len(problems)), problem)
    suggestions = [problem.suggestion for problem in problems if problem.suggestion is not None]
    raise InvalidArguments(_error_text(header, problems), suggestions) from None


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


def _validator_problems(
    refused: ValidationError, value: JSON, within: Sequence[str], known: Sequence[Problem]
) -> list[Problem]:
    """Return the problems that the schema does not express: above all, messages of the user's own validators."""
    paths = {problem.path for problem in known}
    said = [(details, *_error_location(details, within, value)) for details in refused.errors(include_url=False)]
    branches = Counter(place for place, _ in {(place, branch) for _, _, place, branch in said if branch is not None})
    problems: dict[Problem, None] = {}
    for details, path, place, branch in said:
        if (
            branch is not None
            and branches[place] > 1
            and any(_is_path_within(known_path, place) for known_path in paths)
        ):
            continue  # the union's problem is already known, and this error may be of a branch that was not intended
        is_reported = any(
            _is_path_within(known_path, path) or _is_path_within(path, known_path) for known_path in paths
        )
        if details["type"] not in _PYDANTIC_ERROR_TYPES or not (is_reported or _is_schema_error(details["type"])):
            problems[Problem(path, _error_message(details))] = None
    if problems or known:
        return list(problems)
    return list({Problem(path, _error_message(details)): None for details, path, _, _ in said})


def _is_schema_error(error_type: str) -> bool:
    """Return True for an error that the check against the schema reports too."""
    return error_type.endswith("_type") or error_type in _SCHEMA_ERROR_TYPES


def _error_location(details: ErrorDetails, within: Sequence[str], value: JSON) -> tuple[str, str, str | None]:
    """Return the error's path, that of the outermost union around it, and pydantic's name of that union's branch."""
    steps: list[str | int] = []
    place, branch = "", None
    loc = (*within, *details["loc"])
    for i, step in enumerate(loc):
        if is_object(value) and step in value:
            value = value[str(step)]
        elif is_list(value) and isinstance(step, int) and step < len(value):
            value = value[step]
        elif details["type"] != "missing" or i < len(loc) - 1:
            place, branch = (format_path(steps), str(step)) if branch is None else (place, branch)
            continue
        steps.append(step)
    return format_path(steps), place, branch


def _is_path_within(path: str, place: str) -> bool:
    return path == place or path.startswith((f"{place}.", f"{place}[")) or not place


def _error_message(details: ErrorDetails) -> str:
    if details["type"] == "json_invalid":
        reason = str(details.get("ctx", {}).get("error", ""))
        if not details["loc"] or "recursion" in reason:  # the data is JSON: only its nesting exceeds pydantic's limit
            return _TOO_DEEP
        return f"expected text that is JSON, got {json_excerpt(details['input'])} ({reason})"
    cause = details.get("ctx", {}).get("error")
    text = str(cause) if cause is not None and str(cause) else details["msg"][0].lower() + details["msg"][1:]
    text = " ".join(text.splitlines())
    return text if len(text) <= _MOST_MESSAGE_CHARS else f"{text[: _MOST_MESSAGE_CHARS - 3]}..."
