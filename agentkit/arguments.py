"""The model's dict -> validated Python values, or the one text that lets the model repair it.

Validation comes first and is all that a good call pays for. Only what it refuses is looked at again: strings that
should be objects are decoded where that is certain, and what still does not fit is told in full.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, cast, get_args

from pydantic import ValidationError
from pydantic_core import core_schema

from agentkit.errors import InvalidArguments
from agentkit.messages import JSON, JSONObject
from agentkit.problems import Problem, find_problems, path_text, shown
from agentkit.schema.json_check import Checker
from agentkit.schema.subschemas import is_list, is_object
from agentkit.string_values import decode_strings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from agentkit.schema import ArgumentsSchema

T = TypeVar("T")

_TOO_DEEP = "nested too deeply; give the same in fewer levels"
_MOST_PROBLEMS = 20
_MOST_CHARS = 6_000
_MOST_CHARS_OF_OWN_WORDS = 500
_PYDANTICS_OWN = frozenset(get_args(core_schema.ErrorType)) - {"value_error", "assertion_error"}


class DoesNotFit(Exception):
    """A value does not fit a JSON Schema; what exactly is found out afterwards."""


def read_arguments(tool: str, arguments: ArgumentsSchema, given: Mapping[str, object]) -> dict[str, object]:
    """A tool's arguments by parameter name. Raises InvalidArguments with the text for the model."""
    return read(_as_object(tool, given), arguments.schema, arguments.validate, invalid_arguments(tool))


def read_json_arguments(tool: str, schema: JSONObject, given: Mapping[str, object]) -> JSONObject:
    """The arguments of a tool that came with a JSON Schema, as the model wrote them. Raises InvalidArguments."""

    def validate(value: JSONObject) -> JSONObject:
        if not Checker(schema, checks_formats=True).fits(value):
            raise DoesNotFit
        return value

    return read(_as_object(tool, given), schema, validate, invalid_arguments(tool))


def read(value: JSONObject, schema: JSONObject, validate: Callable[[JSONObject], T], header: str) -> T:
    """What `validate` makes of a JSON object, whose schema says what it takes.

    `validate` raises pydantic's ValidationError, or DoesNotFit. Raises InvalidArguments: the header, every problem.
    """
    try:
        return _read(value, schema, validate, header)
    except RecursionError:
        raise InvalidArguments(f"{header}\n- {_TOO_DEEP}") from None


def invalid_arguments(tool: str) -> str:
    """The header of the text for the model."""
    return f"Invalid arguments for tool `{tool}`. Nothing was executed. Fix these and call `{tool}` again:"


def _as_object(tool: str, given: object) -> JSONObject:
    if not isinstance(given, Mapping):
        raise InvalidArguments(f"{invalid_arguments(tool)}\n- expected an object, got {shown(given)}")
    return dict(cast("Mapping[str, object]", given))


def _read(value: JSONObject, schema: JSONObject, validate: Callable[[JSONObject], T], header: str) -> T:
    try:
        return validate(value)
    except (ValidationError, DoesNotFit) as error:
        refused = error
    decoded = decode_strings(value, schema)
    if isinstance(decoded, dict) and decoded is not value:
        try:
            return validate(decoded)
        except (ValidationError, DoesNotFit) as error:
            refused = error
    problems = find_problems(decoded, schema)
    if isinstance(refused, ValidationError):
        order = list(schema.get("properties", ()))
        for problem in _own_words(refused, decoded, problems):
            later = (i for i, other in enumerate(problems) if _place(other.path, order) > _place(problem.path, order))
            problems.insert(next(later, len(problems)), problem)
    suggestions = [problem.suggestion for problem in problems if problem.suggestion is not None]
    raise InvalidArguments(_text(header, problems), suggestions) from None


def _text(header: str, problems: Sequence[Problem]) -> str:
    lines = [header]
    length = len(header)
    for i, problem in enumerate(problems):
        line = f"- {problem}"
        if i >= _MOST_PROBLEMS or length + len(line) > _MOST_CHARS:
            lines.append(f"- and {len(problems) - i} more problems")
            break
        lines.append(line)
        length += len(line) + 1
    # Half of a surrogate pair, which a message cannot carry, may stand in what came.
    return "\n".join(lines).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _place(path: str, order: Sequence[str]) -> int:
    """Where a problem comes: by the parameter that it is in, unknown ones last."""
    first = path.partition(".")[0].partition("[")[0]
    return order.index(first) if first in order else len(order)


def _own_words(refused: ValidationError, value: JSON, known: Sequence[Problem]) -> list[Problem]:
    """What validation says and the schema does not: the words of the user's own validators, above all."""
    paths = {problem.path for problem in known}
    problems: dict[Problem, None] = {}
    for details in refused.errors(include_url=False):
        path = path_text(_steps(details, value))
        is_own = details["type"] not in _PYDANTICS_OWN
        # Formats are checked by the schema only as far as this installation knows them.
        is_format = details["type"].endswith("_parsing") and path not in paths
        if is_own or is_format or (path not in paths and not known):
            problems[Problem(path, _words(details))] = None
    return list(problems)


def _steps(details: ErrorDetails, value: JSON) -> list[str | int]:
    """The error's place without the steps that name Python types instead of a place in the value."""
    steps: list[str | int] = []
    for step in details["loc"]:
        if is_object(value) and step in value:
            value = value[str(step)]
        elif is_list(value) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            continue
        steps.append(step)
    return steps


def _words(details: ErrorDetails) -> str:
    if details["type"] == "json_invalid":  # it came as data, so it is JSON, but for more levels than the reader takes
        return _TOO_DEEP
    cause = details.get("ctx", {}).get("error")
    text = str(cause) if cause is not None and str(cause) else details["msg"][0].lower() + details["msg"][1:]
    return text if len(text) <= _MOST_CHARS_OF_OWN_WORDS else f"{text[: _MOST_CHARS_OF_OWN_WORDS - 3]}..."
