"""What does not fit a schema, in words that let the model repair it: every problem with its path, once.

No validator's own texts, type codes or addresses: they name Python, and the model writes JSON.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentkit.constraint_words import words
from agentkit.errors import Suggestion
from agentkit.messages import JSON, JSONObject
from agentkit.string_values import kind_of, kinds_of
from agentkit.subschemas import is_list, is_object, resolve

if TYPE_CHECKING:
    from jsonschema import ValidationError

_SHOWN_CHARS = 60
_SHOWN_CHOICES = 20
_A_KIND = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not fit."""

    path: str
    """Where: `lines[0].kind`; empty for the whole."""
    text: str
    """What was expected and what came."""
    suggestion: Suggestion | None = None
    """The repair, where it is certain."""

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


def find_problems(value: JSON, schema: JSONObject) -> list[Problem]:
    """Everything in a value that does not fit its schema, in the order of the value; empty when it fits."""
    from jsonschema import Draft202012Validator, FormatChecker

    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    errors = [leaf for error in validator.iter_errors(value) for leaf in _leaves(error, schema)]
    found = [problem for error in errors for problem in _of(error, schema)]
    return list({(problem.path, problem.text): problem for problem in found}.values())


def path_text(steps: Sequence[str | int]) -> str:
    """A path as people write it: `lines[0].kind`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def shown(value: object) -> str:
    """A value as JSON, clipped."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 3] + "..."


def _leaves(error: ValidationError, root: JSONObject) -> Iterator[ValidationError]:
    """The errors that matter: of a union only those of the choice that was meant, if one can be told."""
    if error.validator not in ("anyOf", "oneOf") or not error.context:
        yield error
        return
    by_choice: dict[int, list[ValidationError]] = {}
    for inner in error.context:
        by_choice.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
    meant = _meant(error.instance, error.validator_value, by_choice, root)
    if meant is None:
        yield error
        return
    for inner in by_choice[meant]:
        yield from _leaves(inner, root)


def _meant(
    value: JSON, choices: list[JSONObject], errors: dict[int, list[ValidationError]], root: JSONObject
) -> int | None:
    """The choice of a union that the value was meant for: of its kind, then with its tag, then the nearest."""
    kind = kind_of(value)
    same = [i for i in errors if kind in kinds_of(choices[i], root) and (is_object(value) or is_list(value))]
    if not same or not is_object(value):
        return same[0] if len(same) == 1 else None
    tagged = [i for i in same if not any(_is_tag(error) for error in errors[i])]
    if len(same) > 1 and not tagged:  # no choice has this tag: let the tag itself be the problem
        tagged = same
        if all(any(_is_tag(error) for error in errors[i]) for i in same):
            return None
    return min(tagged, key=lambda i: len(errors[i]))


def _is_tag(error: ValidationError) -> bool:
    return error.validator in ("const", "enum") and len(error.relative_path) == 1


def _of(error: ValidationError, root: JSONObject) -> Iterator[Problem]:
    steps = list(error.absolute_path)
    where = path_text(steps)
    match error.validator:
        case "required":
            yield from _missing(error, steps, root)
        case "additionalProperties" | "unevaluatedProperties" if error.validator_value is False:
            yield from _unknown(error, steps)
        case "enum" | "const":
            choices = error.validator_value if error.validator == "enum" else [error.validator_value]
            yield _not_a_choice(error.instance, choices, where)
        case "type":
            said = error.validator_value
            yield Problem(where, f"expected {_kinds([said] if isinstance(said, str) else said)}, got {_got(error)}")
        case "anyOf" | "oneOf":
            yield _no_choice(error, where, root)
        case _:
            yield Problem(where, f"expected {words(str(error.validator), error.validator_value)}, got {_got(error)}")


def _missing(error: ValidationError, steps: list[str | int], root: JSONObject) -> Iterator[Problem]:
    # jsonschema reports one missing property an error; its name is only in the text's quotes.
    properties: JSONObject = error.schema.get("properties", {})
    for name in error.validator_value:
        if error.message.startswith(repr(name)):
            yield Problem(path_text([*steps, name]), f"missing; expected {expected(properties.get(name, {}), root)}")


def _unknown(error: ValidationError, steps: list[str | int]) -> Iterator[Problem]:
    properties: JSONObject = error.schema.get("properties", {})
    given = error.instance
    free = [name for name in properties if name not in given]
    for key in given:
        if key in properties:
            continue
        close = difflib.get_close_matches(key, free, n=2)
        hint = f"; did you mean `{close[0]}`?" if close else ""
        valid = ", ".join(f"`{name}`" for name in properties) or "none"
        where = path_text([*steps, key])
        suggestion = Suggestion(where, close[0], "key") if len(close) == 1 else None
        yield Problem(
            where, f"unknown key{hint} Valid keys: {valid}" if hint else f"unknown key. Valid keys: {valid}", suggestion
        )


def _not_a_choice(value: JSON, choices: Sequence[JSON], where: str) -> Problem:
    names = [choice for choice in choices if isinstance(choice, str)]
    close = difflib.get_close_matches(value, names, n=2) if isinstance(value, str) else []
    if isinstance(value, str) and not close:
        close = [name for name in names if name.lower() == value.lower()]
    listed = ", ".join(shown(choice) for choice in choices[:_SHOWN_CHOICES])
    listed += f" and {len(choices) - _SHOWN_CHOICES} more" if len(choices) > _SHOWN_CHOICES else ""
    text = f"expected {'one of ' if len(choices) > 1 else ''}{listed}, got {shown(value)}"
    suggestion = Suggestion(where, close[0], "value") if len(close) == 1 else None
    return Problem(where, f"{text}; did you mean {shown(close[0])}?" if close else text, suggestion)


def _no_choice(error: ValidationError, where: str, root: JSONObject) -> Problem:
    choices = [resolve(choice, root) for choice in error.validator_value if is_object(choice)]
    if is_object(error.instance) and (tag := _tag(choices, root)):
        name, values = tag
        if name in error.instance:
            return _not_a_choice(error.instance[name], values, f"{where}.{name}".removeprefix("."))
        listed = ", ".join(shown(value) for value in values)
        return Problem(f"{where}.{name}".removeprefix("."), f"missing; expected one of {listed}")
    constants = [value for choice in choices for value in _constants(choice)]
    if len(constants) == sum(max(1, len(_constants(choice))) for choice in choices):
        return _not_a_choice(error.instance, constants, where)
    listed = " or ".join(dict.fromkeys(expected(choice, root) for choice in choices))
    return Problem(where, f"expected {listed}, got {_got(error)}")


def _tag(choices: Sequence[JSONObject], root: JSONObject) -> tuple[str, list[JSON]] | None:
    """The property that tells the objects of a union apart, with all its values."""
    objects = [choice for choice in choices if "properties" in choice]
    for name in objects[0]["properties"] if objects else ():
        values = [_constants(resolve(choice["properties"].get(name, {}), root)) for choice in objects]
        if all(values):
            return name, [value for some in values for value in some]
    return None


def _constants(schema: JSONObject) -> list[Any]:
    return schema.get("enum", [schema["const"]] if "const" in schema else [])


def expected(schema: JSONObject, root: JSONObject) -> str:
    """What a schema takes, in a few words."""
    schema = resolve(schema, root)
    if constants := _constants(schema):
        return "one of " + ", ".join(shown(value) for value in constants[:_SHOWN_CHOICES])
    kind = _kinds(sorted(kinds_of(schema, root)))
    if is_object(schema.get("items")) and schema.get("type") == "array":
        kind += f" of {_kinds(sorted(kinds_of(schema['items'], root)), plural=True)}"
    if "format" in schema:
        kind += f" ({words('format', schema['format'])})"
    keys = ", ".join(f"`{name}`" for name in schema.get("required", ()))
    return f"{kind} with {keys}" if keys else kind


def _kinds(kinds: Sequence[str], *, plural: bool = False) -> str:
    if len(kinds) >= len(_A_KIND) or not kinds:
        return "values" if plural else "a value"
    if set(kinds) >= {"integer", "number"}:
        kinds = [kind for kind in kinds if kind != "integer"]
    if plural:
        return " or ".join({"boolean": "booleans", "null": "null"}.get(kind, f"{kind}s") for kind in kinds)
    return " or ".join(_A_KIND[kind] for kind in kinds)


def _got(error: ValidationError) -> str:
    return shown(error.instance)
