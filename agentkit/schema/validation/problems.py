"""Describe everything in a value that does not fit its schema, in words with which the model can repair it.

Messages of pydantic or jsonschema are not used: they speak of Python types, and the model writes JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agentkit.errors import Suggestion
from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.json_schema.checker import Checker, Misfit
from agentkit.schema.json_schema.constraint_words import words
from agentkit.schema.json_schema.subschemas import is_object, resolve
from agentkit.schema.json_schema.text_patterns import AS_DESCRIBED
from agentkit.schema.validation.near_words import certain, nearest
from agentkit.schema.validation.union_choice import candidates, constants, find_tag, kinds_of, meant

_SHOWN_CHARS = 60
_SHOWN_CHOICES = 20
_ALL_KINDS = 7
_A_KIND = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_KINDS = {"boolean": "booleans", "null": "null"}
_PLAIN_KEY = re.compile(r"[\w-]+")
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Characters that JSON may hold unescaped, but that break a line of text or cannot be encoded."""

Steps = tuple[str | int, ...]
"""A path into JSON data: keys and indexes."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One place in a value that does not fit, and the reason."""

    path: str
    """The place, such as `lines[0].kind`; empty for the whole value."""
    text: str
    """The expected and the actual value, in words."""
    suggestion: Suggestion | None = None
    """The correction. None: none is certain."""

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


def find_problems(value: JSON, schema: JSONObject) -> list[Problem]:
    """Return all problems of a value, in the order of the value and each once; empty when it fits its schema."""
    found = _problems(value, None, (), Checker(schema, checks_formats=True))
    return list({(problem.path, problem.text): problem for problem in found}.values())


def path_text(steps: Sequence[str | int]) -> str:
    """Format a path: `lines[0].kind`, or `lines["a b"]` for a key that is not a plain word."""
    return "".join(map(_step_text, steps)).removeprefix(".")


def shown(value: object) -> str:
    """Return a value as JSON on one line, clipped to 60 characters."""
    return _clipped(_UNPRINTABLE.sub(_escaped, json.dumps(value, ensure_ascii=False, default=str)))


def _step_text(step: str | int) -> str:
    return f".{_clipped(step)}" if isinstance(step, str) and _PLAIN_KEY.fullmatch(step) else f"[{shown(step)}]"


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _clipped(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 3] + "..."


def _problems(value: JSON, part: JSONObject | None, before: Steps, checker: Checker) -> Iterator[Problem]:
    for misfit in checker.misfits(value, part):
        steps = (*before, *misfit.path)
        match misfit.keyword:
            case "anyOf" | "oneOf":
                yield from _of_union(misfit, steps, checker)
            case "required":
                yield from _missing(misfit, steps, checker.schema)
            case "additionalProperties" | "unevaluatedProperties" if misfit.wanted is False:
                yield from _unknown(misfit, steps, checker.schema)
            case "type" if constants(misfit.schema):
                continue  # the list of values is a problem of its own, and says more
            case "enum" | "const":
                yield _not_a_choice(misfit, constants(misfit.schema), steps)
            case "":
                yield Problem(path_text(steps), f"expected nothing, got {shown(misfit.value)}")
            case _:
                yield _unlike(misfit, steps)


def _unlike(misfit: Misfit, steps: Steps) -> Problem:
    if misfit.keyword == "type":
        expected = _kinds([misfit.wanted] if isinstance(misfit.wanted, str) else _strings(misfit.wanted))
    elif misfit.keyword == "format":
        expected = f"a string {words('format', misfit.wanted)}"
    else:
        expected = words(misfit.keyword, misfit.wanted)
        if expected == AS_DESCRIBED:
            expected = misfit.schema.get("description") or f"text that matches {_clipped(str(misfit.wanted))}"
    if misfit.is_key and isinstance(misfit.value, str):
        return Problem(path_text((*steps, misfit.value)), f"as a key, expected {expected}")
    return Problem(path_text(steps), f"expected {expected}, got {shown(misfit.value)}")


def _missing(misfit: Misfit, steps: Steps, root: JSONObject) -> Iterator[Problem]:
    given = misfit.value if is_object(misfit.value) else {}
    properties: JSONObject = misfit.schema.get("properties", {})
    for name in _strings(misfit.wanted):
        if name not in given:
            part = properties.get(name)
            yield Problem(path_text((*steps, name)), f"missing; expected {_expected(part, root)}")


def _unknown(misfit: Misfit, steps: Steps, root: JSONObject) -> Iterator[Problem]:
    given = misfit.value if is_object(misfit.value) else {}
    known = list(dict.fromkeys(_names(misfit.schema, root)))
    patterns = list(misfit.schema.get("patternProperties", ()))
    unknown = [key for key in given if key not in known and not any(re.search(pattern, key) for pattern in patterns)]
    free = [name for name in known if name not in given]
    valid = _listed([f"`{name}`" for name in known]) or "none"
    sure = {key: certain(key, free) for key in unknown}
    for key in unknown:
        where = path_text((*steps, key))
        close = nearest(key, free)
        hint = f"; did you mean `{close}`?" if close else "."
        replacement = sure[key]
        is_sure = replacement is not None and list(sure.values()).count(replacement) == 1
        suggestion = Suggestion(where, replacement, "key") if replacement and is_sure else None
        yield Problem(where, f"unknown key{hint} Valid keys: {valid}", suggestion)


def _names(schema: JSONObject, root: JSONObject) -> Iterator[str]:
    """Yield the properties that a schema names, including those in `allOf`, `anyOf` and `oneOf`."""
    yield from schema.get("properties", ())
    for key in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(key, ()):
            if is_object(part):
                yield from _names(resolve(part, root), root)


def _not_a_choice(misfit: Misfit, choices: Sequence[JSON], steps: Steps, other: str = "") -> Problem:
    where = path_text((*steps, misfit.value) if misfit.is_key and isinstance(misfit.value, str) else steps)
    texts = [choice for choice in choices if isinstance(choice, str)]
    close = nearest(misfit.value, texts) if isinstance(misfit.value, str) else None
    sure = certain(misfit.value, texts) if isinstance(misfit.value, str) else None
    listed = _listed([shown(choice) for choice in choices])
    many = "one of " if len(choices) > 1 else ""
    text = f"expected {many}{listed}{other}, got {shown(misfit.value)}"
    suggestion = Suggestion(where, sure, "key" if misfit.is_key else "value") if sure is not None else None
    return Problem(where, f"{text}; did you mean {shown(close)}?" if close is not None else text, suggestion)


def _of_union(misfit: Misfit, steps: Steps, checker: Checker) -> Iterator[Problem]:
    root = checker.schema
    choices = [choice for choice in misfit.schema[misfit.keyword] if is_object(choice)]
    if misfit.keyword == "oneOf" and any(checker.fits(misfit.value, choice) for choice in choices):
        yield Problem(path_text(steps), f"fits more than one of its choices, got {shown(misfit.value)}")
        return
    choice = meant(misfit.value, choices, root)
    if choice is not None:
        yield from _problems(misfit.value, choice, steps, checker)
        return
    objects = candidates(misfit.value, choices, root)
    if is_object(misfit.value) and objects and (tag := find_tag(objects, root)):
        where = (*steps, tag.name)
        if tag.name in misfit.value:
            own = Misfit("enum", None, misfit.value[tag.name], {}, where, is_key=False)
            yield _not_a_choice(own, tag.all_values(), where)
        else:
            listed = _listed([shown(value) for value in tag.all_values()])
            yield Problem(path_text(where), f"missing; expected one of {listed}")
        return
    resolved = [resolve(choice, root) for choice in choices]
    listed_values = [value for choice in resolved for value in constants(choice)]
    others = dict.fromkeys(_expected(choice, root) for choice in resolved if not constants(choice))
    if listed_values:
        yield _not_a_choice(misfit, listed_values, steps, "".join(f" or {other}" for other in others))
    else:
        yield Problem(path_text(steps), f"expected {' or '.join(others)}, got {shown(misfit.value)}")


def _expected(schema: object, root: JSONObject) -> str:
    """Return a few words for the values that a schema allows."""
    if not is_object(schema):
        return "a value"
    schema = resolve(schema, root)
    if values := constants(schema):
        return f"{'one of ' if len(values) > 1 else ''}{_listed([shown(value) for value in values])}"
    kind = _kinds(sorted(kinds_of(schema, root)))
    items = schema.get("items")
    if is_object(items) and schema.get("type") == "array":
        kind += f" of {_kinds(sorted(kinds_of(items, root)), plural=True)}"
    if "format" in schema:
        kind += f" ({words('format', schema['format'])})"
    keys = _listed([f"`{name}`" for name in schema.get("required", ())])
    return f"{kind} with {keys}" if keys else kind


def _kinds(kinds: Sequence[str], *, plural: bool = False) -> str:
    if len(kinds) >= _ALL_KINDS or not kinds:
        return "values" if plural else "a value"
    if "number" in kinds:
        kinds = [kind for kind in kinds if kind != "integer"]
    if plural:
        return " or ".join(_KINDS.get(kind, f"{kind}s") for kind in kinds)
    return " or ".join(_A_KIND[kind] for kind in kinds)


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _SHOWN_CHOICES} more" if len(texts) > _SHOWN_CHOICES else ""
    return ", ".join(_clipped(text) for text in texts[:_SHOWN_CHOICES]) + more


def _strings(value: JSON) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
