"""pydantic's errors in the words of the schema: the expected form with an example, and the given value.

What the user's own code has said is passed on as it is; of other exceptions only the type is named.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, get_args

from pydantic_core import core_schema

from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.json_schema.constraint_words import describe_format
from agentkit.schema.json_schema.subschemas import is_list, is_object, resolve_reference
from agentkit.schema.user_code import NO_DEFAULT, REFUSED
from agentkit.schema.validation.problems import json_excerpt

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

TOO_DEEP = "nested too deeply; give the same in fewer levels"
PYDANTIC_ERROR_TYPES = frozenset(get_args(core_schema.ErrorType)) - {"value_error", "assertion_error"}

_MOST_CHARS = 500
_FORM_ERRORS = frozenset(
    {
        *("value_error", "date_from_datetime_inexact", "datetime_object_invalid", "url_syntax_violation"),
        *("ip_any_address", "ip_any_interface", "ip_any_network", "pattern_regex"),
    }
)
"""Errors that say that a text is not of the form which its type has, beside those whose names end in `_parsing`."""
_FORM_MODULES = frozenset(("pydantic", "ipaddress", "email_validator", "agentkit"))
_CHOICE_KEYWORDS = ("anyOf", "oneOf", "allOf")


def error_text(details: ErrorDetails, steps: Sequence[str | int], given: JSON, schema: JSONObject) -> str:
    """Return the text for one error of pydantic's.

    Args:
        details: The error.
        steps: The path of the value in the data.
        given: The value at the path.
        schema: The schema of the data.
    """
    kind, context = details["type"], details.get("ctx", {})
    if kind in (REFUSED, NO_DEFAULT):
        return _clipped(details["msg"])
    if kind == "json_invalid":
        reason = str(context.get("error", ""))
        if not details["loc"] or "recursion" in reason:  # the data is JSON: only its nesting exceeds pydantic's limit
            return TOO_DEEP
        return f"expected text that is JSON, got {json_excerpt(details['input'])} ({reason})"
    cause = context.get("error")
    is_of_user = isinstance(cause, Exception) and not _is_raised_by_pydantic(cause)
    if isinstance(cause, Exception) and is_of_user:
        return _clipped(str(cause)) or f"refused, got {json_excerpt(given)}"
    if kind == "set_item_not_hashable":
        return f"expected a single value, not a list or an object, got {json_excerpt(given)}"
    if isinstance(given, str) and (form := _form_text(kind, _parts_at(schema, steps))):
        return f"expected {form}, got {json_excerpt(given)}"
    if kind not in PYDANTIC_ERROR_TYPES and kind != "value_error":
        return _clipped(details["msg"])  # a PydanticCustomError of the user's
    return f"{_clipped(lower_first(details['msg']))}, got {json_excerpt(given)}"


def lower_first(text: str) -> str:
    """Return a sentence in a form that may follow a colon; an abbreviation at its beginning stays."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def _form_text(kind: str, parts: Iterable[JSONObject]) -> str:
    """Return the expected form, if the error is about that; empty: it is about something else."""
    if kind in ("bytes_invalid_encoding", "base64_decode"):
        return f"a string {describe_format('base64')}"
    if not kind.endswith("_parsing") and kind not in _FORM_ERRORS:
        return ""
    formats = dict.fromkeys(str(part["format"]) for part in parts if "format" in part)
    return " or ".join(f"a string {describe_format(name)}" for name in formats)


def _is_raised_by_pydantic(error: Exception) -> bool:
    """Return True for an exception of the code that reads a form, and not of a validator of the user's."""
    frames = traceback.walk_tb(error.__traceback__)
    modules = {str(frame.f_globals.get("__name__", "")).partition(".")[0] for frame, _ in frames}
    return bool(modules) and modules <= _FORM_MODULES


def _parts_at(schema: JSONObject, steps: Sequence[str | int]) -> list[JSONObject]:
    """Return the parts of a schema that describe the value at a path, all choices of unions among them."""
    parts = list(_alternatives(schema, schema, set()))
    for step in steps:
        inner = [part for outer in parts if is_object(part := _part_below(outer, step))]
        parts = [one for part in inner for one in _alternatives(part, schema, set())]
    return parts


def _part_below(part: Mapping[str, object], step: str | int) -> object:
    properties, items, first = part.get("properties"), part.get("items"), part.get("prefixItems")
    if isinstance(step, int):
        return first[step] if is_list(first) and step < len(first) else items
    return properties[step] if is_object(properties) and step in properties else part.get("additionalProperties")


def _alternatives(part: JSONObject, root: JSONObject, seen: set[int]) -> Iterator[JSONObject]:
    part = resolve_reference(part, root)
    if id(part) in seen:
        return
    seen.add(id(part))
    yield part
    for keyword in _CHOICE_KEYWORDS:
        for choice in part.get(keyword, ()):
            if is_object(choice):
                yield from _alternatives(choice, root, seen)


def _clipped(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MOST_CHARS else f"{text[: _MOST_CHARS - 3]}..."
