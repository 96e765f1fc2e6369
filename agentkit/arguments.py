"""The model's dict -> validated Python values, or the one text that lets the model repair it.

Validation comes first and is all that a good call pays for. Only what it refuses is looked at again: strings that
should be objects are decoded where that is certain, and what still does not fit is told in full.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from agentkit.errors import InvalidArguments
from agentkit.messages import JSON, JSONObject
from agentkit.problems import Problem, find_problems, path_text
from agentkit.string_values import decode_strings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from agentkit.schema import ArgumentsSchema

T = TypeVar("T")

_MOST_PROBLEMS = 20


def read_arguments(tool: str, arguments: ArgumentsSchema, given: Mapping[str, object]) -> dict[str, object]:
    """A tool's arguments by parameter name. Raises InvalidArguments with the text for the model."""
    return read(dict(given), arguments.schema, arguments.validate, invalid_arguments(tool))


def read_json_arguments(tool: str, schema: JSONObject, given: Mapping[str, object]) -> JSONObject:
    """The arguments of a tool that came with a JSON Schema, as the model wrote them. Raises InvalidArguments."""

    def validate(value: JSONObject) -> JSONObject:
        if find_problems(value, schema):
            raise DoesNotFit
        return value

    return read(dict(given), schema, validate, invalid_arguments(tool))


def read(value: JSONObject, schema: JSONObject, validate: Callable[[JSONObject], T], header: str) -> T:
    """What `validate` makes of a JSON object, whose schema says what it takes.

    `validate` raises pydantic's ValidationError, or DoesNotFit. Raises InvalidArguments: the header, then every problem.
    """
    try:
        return validate(value)
    except (ValidationError, DoesNotFit) as error:
        refused = error
    decoded = decode_strings(value, schema, schema)
    if isinstance(decoded, dict) and decoded is not value:
        try:
            return validate(decoded)
        except (ValidationError, DoesNotFit) as error:
            refused = error
    problems = find_problems(decoded, schema)
    if isinstance(refused, ValidationError):
        problems += _own_words(refused, decoded, problems)
    shown = [f"- {problem}" for problem in problems[:_MOST_PROBLEMS]]
    if len(problems) > _MOST_PROBLEMS:
        shown.append(f"- and {len(problems) - _MOST_PROBLEMS} more problems")
    suggestions = [problem.suggestion for problem in problems if problem.suggestion is not None]
    raise InvalidArguments("\n".join([header, *shown]), suggestions) from None


class DoesNotFit(Exception):
    """A value does not fit a JSON Schema; what exactly is found out afterwards."""


def invalid_arguments(tool: str) -> str:
    """The header of the text for the model."""
    return f"Invalid arguments for tool `{tool}`. Nothing was executed. Fix these and call `{tool}` again:"


def _own_words(refused: ValidationError, value: JSON, known: Sequence[Problem]) -> list[Problem]:
    """What validation says and the schema does not: the words of the user's own validators, above all."""
    paths = {problem.path for problem in known}
    problems: list[Problem] = []
    for details in refused.errors(include_url=False):
        path = path_text(_steps(details, value))
        is_own = details["type"] in ("value_error", "assertion_error")
        if is_own or (path not in paths and not known):
            problems.append(Problem(path, _words(details)))
    return problems


def _steps(details: ErrorDetails, value: JSON) -> list[str | int]:
    """The error's place without the steps that name Python types instead of a place in the value."""
    steps: list[str | int] = []
    for step in details["loc"]:
        if isinstance(value, dict) and step in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            continue
        steps.append(step)
    return steps


def _words(details: ErrorDetails) -> str:
    cause = details.get("ctx", {}).get("error")
    if cause is not None and str(cause):
        return str(cause)
    message = details["msg"]
    return message[0].lower() + message[1:]
