"""The problems that a validation by pydantic finds beside those of the schema: above all, what validators say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.json_schema.subschemas import is_list, is_object
from agentkit.schema.user_code import NO_DEFAULT, REFUSED
from agentkit.schema.validation.error_words import PYDANTIC_ERROR_TYPES, error_text
from agentkit.schema.validation.problems import Problem, format_path

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_SCHEMA_ERROR_TYPES = frozenset(
    ("missing", "extra_forbidden", "literal_error", "enum", "bool_parsing", "int_parsing", "float_parsing")
)
_ABOUT_ABSENT_FIELDS = frozenset(("missing", NO_DEFAULT))
"""Errors whose place ends with a field that is not in the data."""


class _Placed(NamedTuple):
    """An error of pydantic's, and its place in the data."""

    details: ErrorDetails
    path: str
    text: str
    union: str
    """The path of the outermost union around the place."""
    branch: str | None
    """pydantic's name of the union's branch. None: there is no union."""


def validator_problems(
    refused: ValidationError, value: JSON, within: Sequence[str], known: Sequence[Problem], schema: JSONObject
) -> list[Problem]:
    """Return the problems that the schema does not express, in pydantic's order and each once.

    Args:
        refused: The errors.
        value: The data.
        within: The path of the part that pydantic has validated.
        known: The problems by the schema.
        schema: The schema of the data.
    """
    paths = {problem.path for problem in known}
    said = [_placed(details, within, value, schema) for details in refused.errors(include_url=False)]
    branches = Counter(union for union, _ in {(one.union, one.branch) for one in said if one.branch is not None})
    problems: dict[Problem, None] = {}
    for one in said:
        kind = one.details["type"]
        if (
            one.branch is not None
            and branches[one.union] > 1
            and any(_is_path_within(known_path, one.union) for known_path in paths)
        ):
            continue  # the union's problem is already known, and this error may be of a branch that was not intended
        is_reported = any(
            _is_path_within(known_path, one.path) or _is_path_within(one.path, known_path) for known_path in paths
        )
        if is_reported and (kind == REFUSED or (one.path, one.text) in {(other.path, other.text) for other in known}):
            continue  # the schema says it, and better
        if kind not in PYDANTIC_ERROR_TYPES or not (is_reported or _is_schema_error(kind)):
            problems[Problem(one.path, one.text)] = None
    if problems or known:
        return list(problems)
    return list({Problem(one.path, one.text): None for one in said})


def user_exceptions(refused: ValidationError) -> list[Exception]:
    """Return the exceptions, other than a ValueError, that the user's code has raised in a validation."""
    found = [
        details.get("ctx", {}).get("error")
        for details in refused.errors(include_url=False, include_input=False)
        if details["type"] in (REFUSED, NO_DEFAULT)
    ]
    return [error for error in found if isinstance(error, Exception)]


def _is_schema_error(error_type: str) -> bool:
    """Return True for an error that the check against the schema reports too."""
    return error_type.endswith("_type") or error_type in _SCHEMA_ERROR_TYPES


def _placed(details: ErrorDetails, within: Sequence[str], value: JSON, schema: JSONObject) -> _Placed:
    steps: list[str | int] = []
    union, branch = "", None
    loc = (*within, *details["loc"])
    for i, step in enumerate(loc):
        if is_object(value) and step in value:
            value = value[str(step)]
        elif is_list(value) and isinstance(step, int) and step < len(value):
            value = value[step]
        elif details["type"] not in _ABOUT_ABSENT_FIELDS or i < len(loc) - 1:
            union, branch = (format_path(steps), str(step)) if branch is None else (union, branch)
            continue
        steps.append(step)
    return _Placed(details, format_path(steps), error_text(details, steps, value, schema), union, branch)


def _is_path_within(path: str, place: str) -> bool:
    return path == place or path.startswith((f"{place}.", f"{place}[")) or not place
