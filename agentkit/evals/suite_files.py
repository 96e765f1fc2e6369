"""Suites that are files of cases, in YAML or JSON lines; what is wrong with a file is one error with its line.

{"input": "What does tea cost?", "expected": 4.0, "graders": [{"grader": "called", "tool": "price"}]}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, cast

from agentkit.agents.agent import Agent
from agentkit.errors import DefinitionError, UsageError
from agentkit.evals.case import MISSING, Case
from agentkit.evals.graders.by_name import named_grader
from agentkit.evals.suite import Suite
from agentkit.evals.task import Task
from agentkit.evals.yaml_values import Place, read_yaml
from agentkit.messages.strict_json import parse_strict
from agentkit.schema.validation.did_you_mean import nearest_word

if TYPE_CHECKING:
    from agentkit.evals.grader import Grader
    from agentkit.messages.message import JSON

_JSON_LINES = (".jsonl", ".ndjson")
SUITE_SUFFIXES = (".yaml", ".yml", *_JSON_LINES)
"""The endings of files that are suites."""
_CASE_FIELDS = ("input", "expected", "graders", "name", "category", "tags")
_SUITE_FIELDS = ("name", "description", "cases")
_MODEL = "claude-haiku-5-5"


def read_suite(path: str | PathLike[str]) -> Suite:
    """Return the suite of a file of cases.

    A case has `input`, and `expected`, `graders` or both; `name`, `category` and `tags` where wanted. A grader is its
    name, or an object with its name as `grader` and its arguments. JSON lines have a case a line; YAML has a list of
    cases, or `name`, `description` and `cases`. The suite's agent is a plain model, without instructions and tools.

    Args:
        path: The file, ending in .yaml, .yml, .jsonl or .ndjson.

    Raises:
        UsageError: The file cannot be read, or a line of it is wrong; the text names the line.
        ConfigurationError: It is YAML, and PyYAML is not installed.
    """
    file, name = Path(path), fspath(path)
    if file.suffix.lower() not in SUITE_SUFFIXES:
        raise UsageError(
            f"{name!r} is no file of cases: its name has to end in {', '.join(SUITE_SUFFIXES)}. "
            "A suite in Python is MODULE:NAME."
        )
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name!r} cannot be read: {error}.") from None
    is_lines = file.suffix.lower() in _JSON_LINES
    value, lines = _read_json_lines(text, name) if is_lines else read_yaml(text, name)
    return _SuiteFile(name, lines).suite(value)


def _read_json_lines(text: str, path: str) -> tuple[JSON, dict[Place, int]]:
    cases: list[JSON] = []
    lines: dict[Place, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            lines[len(cases),] = number
            try:
                cases.append(parse_strict(line))
            except (ValueError, RecursionError) as error:
                raise UsageError(f"{path}, line {number}: it is no JSON: {error}.") from None
    return cases, lines


@dataclass(frozen=True, slots=True)
class _SuiteFile:
    """A file that was read."""

    path: str
    lines: Mapping[Place, int]

    def suite(self, value: JSON) -> Suite:
        """Return the suite of the file's value. Raises UsageError with the line of what is wrong."""
        about: dict[str, str] = {}
        start: Place = ()
        if isinstance(value, dict):
            about, start = self._about(value), ("cases",)
            value = value.get("cases")
        if value is not None and not isinstance(value, list):
            raise self._error(start, f"cases are a list, not {value!r}.")
        if not value:
            raise UsageError(f"{self.path!r} has no case.")
        places: dict[str, Place] = {}
        tasks = list[Task[None]]()
        for number, one in enumerate(value):
            place = (*start, number)
            try:
                task = _case_of(one).task()
            except DefinitionError as error:
                raise self._error(place, str(error)) from None
            if task.name in places:
                first = self.lines[places[task.name]]
                raise self._error(place, f"a case called {task.name!r} is in line {first} already: give it a name.")
            places[task.name] = place
            tasks.append(task)
        name, description = about.get("name") or Path(self.path).stem, about.get("description", "")
        return Suite(name, tasks, description=description, agent=Agent("model", model=_MODEL))

    def _about(self, value: Mapping[str, JSON]) -> dict[str, str]:
        """Return what the file says about the suite beside its cases."""
        about: dict[str, str] = {}
        for key, given in value.items():
            if key not in _SUITE_FIELDS:
                raise self._error((key,), f"a suite has no field {key!r}; {_suggestion(key, _SUITE_FIELDS)}")
            if key != "cases":
                if not isinstance(given, str):
                    raise self._error((key,), f"{key!r} is a text, not {given!r}.")
                about[key] = given
        return about

    def _error(self, place: Place, said: str) -> UsageError:
        return UsageError(f"{self.path}, line {self.lines.get(place, 1)}: {said}")


def _case_of(value: JSON) -> Case:
    """Return a case. Raises DefinitionError."""
    if not isinstance(value, dict):
        raise DefinitionError(f"a case is an object with {', '.join(_CASE_FIELDS)}, not {value!r}.")
    for key in value:
        if key not in _CASE_FIELDS:
            raise DefinitionError(f"a case has no field {key!r}; {_suggestion(key, _CASE_FIELDS)}")
    if "input" not in value:
        raise DefinitionError("a case needs an 'input'.")
    if not ({"expected", "graders"} & value.keys()):
        raise DefinitionError("a case needs what is 'expected', or 'graders'.")
    return Case(
        value["input"],
        output=value.get("expected", MISSING),
        expect=_graders_of(value.get("graders", [])),
        name=_text_of(value, "name"),
        category=_text_of(value, "category"),
        tags=_tags_of(value.get("tags", [])),
    )


def _graders_of(value: JSON) -> list[Grader]:
    return [named_grader(one) for one in (value if isinstance(value, list) else [value])]


def _text_of(case: Mapping[str, JSON], key: str) -> str:
    value = case.get(key, "")
    if not isinstance(value, str):
        raise DefinitionError(f"{key!r} is a text, not {value!r}.")
    return value


def _tags_of(value: JSON) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise DefinitionError(f"'tags' is a list of texts, not {value!r}.")
    return cast("list[str]", value)


def _suggestion(word: str, known: tuple[str, ...]) -> str:
    near = nearest_word(word, known)
    return f"there are {', '.join(known)}." if near is None else f"did you mean {near!r}?"
