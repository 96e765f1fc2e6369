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
from agentkit.messages.strict_json import ExactFloat
from agentkit.schema.json_schema.checker import SchemaChecker, SchemaViolation
from agentkit.schema.json_schema.constraint_words import describe_constraint, describe_format
from agentkit.schema.json_schema.ecma_patterns import may_match
from agentkit.schema.json_schema.json_types import enum_values, json_types_of
from agentkit.schema.json_schema.subschemas import is_object, resolve_reference
from agentkit.schema.json_schema.text_patterns import AS_DESCRIBED
from agentkit.schema.json_schema.union_choice import candidate_choices, find_union_tag, intended_choice
from agentkit.schema.validation.did_you_mean import certain_correction, nearest_word

_SHOWN_CHARS = 60
_SHOWN_CHOICES = 20
_TYPE_COUNT = 7
_TYPE_WITH_ARTICLE = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_TYPE_PLURALS = {"boolean": "booleans", "null": "null"}
_PLAIN_KEY = re.compile(r"[\w-]+")
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Characters that JSON may hold unescaped, but that break a line of text or cannot be encoded."""

PathSteps = tuple[str | int, ...]
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
    found = _iter_problems(value, None, (), SchemaChecker(schema, checks_formats=True))
    return list({(problem.path, problem.text): problem for problem in found}.values())


def format_path(steps: Sequence[str | int]) -> str:
    """Format a path: `lines[0].kind`, or `lines["a b"]` for a key that is not a plain word."""
    return "".join(map(_format_step, steps)).removeprefix(".")


def json_excerpt(value: object) -> str:
    """Return a value as JSON on one line, clipped to 60 characters."""
    text = value.text if isinstance(value, ExactFloat) else json.dumps(value, ensure_ascii=False, default=str)
    return _clip_text(_UNPRINTABLE.sub(_escape_character, text))


def _format_step(step: str | int) -> str:
    return f".{_clip_text(step)}" if isinstance(step, str) and _PLAIN_KEY.fullmatch(step) else f"[{json_excerpt(step)}]"


def _escape_character(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _clip_text(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 3] + "..."


def _iter_problems(
    value: JSON, part: JSONObject | None, before: PathSteps, checker: SchemaChecker
) -> Iterator[Problem]:
    for misfit in checker.find_violations(value, part):
        steps = (*before, *misfit.path)
        match misfit.keyword:
            case "anyOf" | "oneOf":
                yield from _union_problems(misfit, steps, checker)
            case "required":
                yield from _missing_key_problems(misfit, steps, checker.schema)
            case "additionalProperties" | "unevaluatedProperties" if misfit.keyword_value is False:
                yield from _unknown_key_problems(misfit, steps, checker.schema)
            case "type" if enum_values(misfit.schema):
                continue  # the list of values is a problem of its own, and says more
            case "enum" | "const":
                yield _choice_problem(misfit, enum_values(misfit.schema), steps)
            case "":
                yield Problem(format_path(steps), f"expected nothing, got {json_excerpt(misfit.value)}")
            case _:
                yield _mismatch_problem(misfit, steps)


def _mismatch_problem(misfit: SchemaViolation, steps: PathSteps) -> Problem:
    if misfit.keyword == "type":
        expected = _types_text(
            [misfit.keyword_value] if isinstance(misfit.keyword_value, str) else _string_items(misfit.keyword_value)
        )
    elif misfit.keyword == "format":
        expected = f"a string {describe_format(str(misfit.keyword_value))}"
    else:
        expected = describe_constraint(misfit.keyword, misfit.keyword_value)
        if expected == AS_DESCRIBED:
            expected = _description_text(misfit.schema) or f"text that matches {_clip_text(str(misfit.keyword_value))}"
    if misfit.is_key and isinstance(misfit.value, str):
        return Problem(format_path((*steps, misfit.value)), f"as a key, expected {expected}")
    return Problem(format_path(steps), f"expected {expected}, got {json_excerpt(misfit.value)}")


def _description_text(schema: JSONObject) -> str:
    """Return the description of a schema in a form that may stand in a sentence."""
    text = str(schema.get("description") or "").rstrip(" .")
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _missing_key_problems(misfit: SchemaViolation, steps: PathSteps, root: JSONObject) -> Iterator[Problem]:
    given = misfit.value if is_object(misfit.value) else {}
    properties: JSONObject = misfit.schema.get("properties", {})
    for name in _string_items(misfit.keyword_value):
        if name not in given:
            part = properties.get(name)
            yield Problem(format_path((*steps, name)), f"missing; expected {_expected_text(part, root)}")


def _unknown_key_problems(misfit: SchemaViolation, steps: PathSteps, root: JSONObject) -> Iterator[Problem]:
    given = misfit.value if is_object(misfit.value) else {}
    known = list(dict.fromkeys(_property_names(misfit.schema, root)))
    patterns = list(misfit.schema.get("patternProperties", ()))
    unknown = [key for key in given if key not in known and not any(may_match(pattern, key) for pattern in patterns)]
    free = [name for name in known if name not in given]
    valid = _join_texts([f"`{name}`" for name in known]) or "none"
    sure = {key: certain_correction(key, free) for key in unknown}
    for key in unknown:
        where = format_path((*steps, key))
        close = nearest_word(key, free)
        hint = f"; did you mean `{close}`?" if close else "."
        replacement = sure[key]
        is_sure = replacement is not None and list(sure.values()).count(replacement) == 1
        suggestion = Suggestion(where, replacement, "key") if replacement and is_sure else None
        yield Problem(where, f"unknown key{hint} Valid keys: {valid}", suggestion)


def _property_names(schema: JSONObject, root: JSONObject) -> Iterator[str]:
    """Yield the properties that a schema names, including those in `allOf`, `anyOf` and `oneOf`."""
    yield from schema.get("properties", ())
    for key in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(key, ()):
            if is_object(part):
                yield from _property_names(resolve_reference(part, root), root)


def _choice_problem(misfit: SchemaViolation, choices: Sequence[JSON], steps: PathSteps, other: str = "") -> Problem:
    where = format_path((*steps, misfit.value) if misfit.is_key and isinstance(misfit.value, str) else steps)
    texts = [choice for choice in choices if isinstance(choice, str)]
    close = nearest_word(misfit.value, texts) if isinstance(misfit.value, str) else None
    sure = certain_correction(misfit.value, texts) if isinstance(misfit.value, str) else None
    listed = _join_texts([json_excerpt(choice) for choice in choices])
    many = "one of " if len(choices) > 1 else ""
    text = f"expected {many}{listed}{other}, got {json_excerpt(misfit.value)}"
    suggestion = Suggestion(where, sure, "key" if misfit.is_key else "value") if sure is not None else None
    return Problem(where, f"{text}; did you mean {json_excerpt(close)}?" if close is not None else text, suggestion)


def _union_problems(misfit: SchemaViolation, steps: PathSteps, checker: SchemaChecker) -> Iterator[Problem]:
    root = checker.schema
    choices = [choice for choice in misfit.schema[misfit.keyword] if is_object(choice)]
    if misfit.keyword == "oneOf" and any(checker.is_valid(misfit.value, choice) for choice in choices):
        yield Problem(format_path(steps), f"fits more than one of its choices, got {json_excerpt(misfit.value)}")
        return
    choice = intended_choice(misfit.value, choices, root)
    if choice is not None:
        yield from _iter_problems(misfit.value, choice, steps, checker)
        return
    objects = candidate_choices(misfit.value, choices, root)
    if is_object(misfit.value) and objects and (tag := find_union_tag(objects, root)):
        where = (*steps, tag.name)
        if tag.name in misfit.value:
            own = SchemaViolation("enum", None, misfit.value[tag.name], {}, where, is_key=False)
            yield _choice_problem(own, tag.all_values(), where)
        else:
            listed = _join_texts([json_excerpt(value) for value in tag.all_values()])
            yield Problem(format_path(where), f"missing; expected one of {listed}")
        return
    resolved = [resolve_reference(choice, root) for choice in choices]
    listed_values = [value for choice in resolved for value in enum_values(choice)]
    others = dict.fromkeys(_expected_text(choice, root) for choice in resolved if not enum_values(choice))
    if listed_values:
        yield _choice_problem(misfit, listed_values, steps, "".join(f" or {other}" for other in others))
    else:
        yield Problem(format_path(steps), f"expected {' or '.join(others)}, got {json_excerpt(misfit.value)}")


def _expected_text(schema: object, root: JSONObject) -> str:
    """Return a few words for the values that a schema allows."""
    if not is_object(schema):
        return "a value"
    schema = resolve_reference(schema, root)
    if values := enum_values(schema):
        return f"{'one of ' if len(values) > 1 else ''}{_join_texts([json_excerpt(value) for value in values])}"
    kind = _types_text(sorted(json_types_of(schema, root)))
    items = schema.get("items")
    if is_object(items) and schema.get("type") == "array":
        kind += f" of {_types_text(sorted(json_types_of(items, root)), plural=True)}"
    if "format" in schema:
        kind += f" ({describe_constraint('format', schema['format'])})"
    keys = _join_texts([f"`{name}`" for name in schema.get("required", ())])
    return f"{kind} with {keys}" if keys else kind


def _types_text(kinds: Sequence[str], *, plural: bool = False) -> str:
    if len(kinds) >= _TYPE_COUNT or not kinds:
        return "values" if plural else "a value"
    if "number" in kinds:
        kinds = [kind for kind in kinds if kind != "integer"]
    if plural:
        return " or ".join(_TYPE_PLURALS.get(kind, f"{kind}s") for kind in kinds)
    return " or ".join(_TYPE_WITH_ARTICLE[kind] for kind in kinds)


def _join_texts(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _SHOWN_CHOICES} more" if len(texts) > _SHOWN_CHOICES else ""
    return ", ".join(_clip_text(text) for text in texts[:_SHOWN_CHOICES]) + more


def _string_items(value: JSON) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
