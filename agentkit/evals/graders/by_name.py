"""Graders by name, for suites that are files: `{"grader": "matches", "pattern": "[0-9]+ EUR"}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import TYPE_CHECKING, cast

from pydantic import ValidationError, validate_call

from agentkit.errors import DefinitionError
from agentkit.evals.graders.calls import at_most_calls, recovered_from
from agentkit.evals.graders.citations import cites
from agentkit.evals.graders.model_judges import rubric
from agentkit.evals.graders.numeric import near
from agentkit.evals.graders.outputs import answers
from agentkit.evals.graders.patterns import matches
from agentkit.evals.graders.people import person
from agentkit.evals.graders.unordered import same_items
from agentkit.evals.graders.worlds import world_is
from agentkit.schema.validation.did_you_mean import nearest_word
from agentkit.testing.expectations import called, in_order, never_called

if TYPE_CHECKING:
    from agentkit.evals.grader import Grader
    from agentkit.messages.message import JSON

_KEY = "grader"


def _called(tool: str, arguments: dict[str, object] | None = None, times: int | None = None) -> object:
    expected = called(tool, **(arguments or {}))
    return expected if times is None else expected.times(times)


def _never_called(tool: str, arguments: dict[str, object] | None = None) -> object:
    return never_called(tool, **(arguments or {}))


def _in_order(tools: list[str]) -> object:
    return in_order(*tools)


def _same_items(expected: list[object]) -> object:
    return same_items(expected)


def _cites(documents: dict[str, str], at_least: int = 1) -> object:
    return cites(documents, at_least)


def _rubric(criteria: str | list[str], model: str | None = None) -> object:
    return rubric(criteria) if model is None else rubric(criteria, model=model)


def _person(question: str = "Is it right?") -> object:
    return person(question)


def _world_is(expected: object) -> object:
    return world_is(expected)


_GRADERS: Mapping[str, Callable[..., object]] = {
    "answers": answers,
    "at_most_calls": at_most_calls,
    "called": _called,
    "cites": _cites,
    "in_order": _in_order,
    "matches": matches,
    "near": near,
    "never_called": _never_called,
    "person": _person,
    "recovered_from": recovered_from,
    "rubric": _rubric,
    "same_items": _same_items,
    "world_is": _world_is,
}
GRADER_NAMES = tuple(_GRADERS)
"""The names that a file may use."""


def named_grader(value: JSON) -> Grader:
    """Return the grader that a file names: `"recovered_from"`, or `{"grader": "near", "value": 4, "abs": 0.5}`.

    Args:
        value: The name, or an object with the name as `grader` and the arguments beside it.

    Raises:
        DefinitionError: The name or an argument is not known, an argument is missing, or does not fit.
    """
    if isinstance(value, str):
        value = {_KEY: value}
    name = value.get(_KEY) if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(name, str):
        raise DefinitionError(f'a grader is a name, or an object like {{"grader": "near", "value": 4}}, not {value!r}.')
    make = _GRADERS.get(name)
    if make is None:
        raise DefinitionError(f"there is no grader {name!r}; {_suggestion(name, GRADER_NAMES)}")
    arguments = {key: given for key, given in value.items() if key != _KEY}
    parameters = signature(make).parameters
    for key in arguments:
        if key not in parameters:
            raise DefinitionError(f"the grader {name!r} takes no {key!r}, but {', '.join(parameters)}.")
    for key, parameter in parameters.items():
        if parameter.default is Parameter.empty and key not in arguments:
            raise DefinitionError(f"the grader {name!r} needs {key!r}.")
    try:
        return cast("Grader", validate_call(make)(**arguments))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise DefinitionError(f"the grader {name!r}, {place}: {first['msg']}.") from None


def _suggestion(word: str, known: tuple[str, ...]) -> str:
    near_word = nearest_word(word, known)
    return f"there are {', '.join(known)}." if near_word is None else f"did you mean {near_word!r}?"
