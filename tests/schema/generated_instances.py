"""JSON instances of a JSON Schema, for property tests, and damage done to them."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.subschemas import resolve_reference

CHECKER = FormatChecker(("date", "date-time", "time", "uuid"))
_DURATION = re.compile(r"^P(\d+W|(?=\d|T\d)(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)$", re.ASCII)


@CHECKER.checks("duration")
def _is_duration(text: object) -> bool:
    return not isinstance(text, str) or bool(_DURATION.fullmatch(text))


def accepts(schema: JSONObject, value: object, *, formats: bool = True) -> bool:
    """Whether a schema accepts a value."""
    return Draft202012Validator(schema, format_checker=CHECKER if formats else None).is_valid(value)


def _zoned(moment: datetime.datetime) -> str:
    return moment.replace(tzinfo=datetime.UTC).isoformat()


_FORMATS: dict[str, st.SearchStrategy[str]] = {
    "date": st.dates().map(datetime.date.isoformat),
    "date-time": st.datetimes().map(_zoned),
    "time": st.datetimes().map(lambda moment: _zoned(moment)[11:]),
    "duration": st.sampled_from(["P1D", "PT5M", "P2W", "P1Y2M3DT4H5M6S", "PT0.5S", "PT36H"]),
    "uuid": st.uuids().map(str),
}
_ANYTHING: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.text(max_size=4)


def instances(schema: Any, root: JSONObject, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that a schema of the compiler's vocabulary accepts (nearly always: filter with `accepts`)."""
    if schema is True or schema == {}:
        return _ANYTHING
    schema = resolve_reference(schema, root)
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    for union in ("anyOf", "oneOf"):
        if union in schema:
            beside = {key: schema[key] for key in ("required",) if key in schema}
            choices = [{**choice, **beside} if beside else choice for choice in schema[union]]
            return st.one_of([_later(choice, root, depth) for choice in choices])
    values: st.SearchStrategy[Any] = _BY_TYPE[schema["type"]](schema, root, depth)
    return values


def _later(schema: Any, root: JSONObject, depth: int) -> st.SearchStrategy[Any]:
    """Put off until it is needed: schemas may be recursive."""
    return st.deferred(lambda: instances(schema, root, depth))


def _object(schema: JSONObject, root: JSONObject, depth: int) -> st.SearchStrategy[Any]:
    required = set(schema.get("required", ()))
    named = {name: _later(inner, root, depth + 1) for name, inner in schema.get("properties", {}).items()}
    always = {name: values for name, values in named.items() if name in required}
    sometimes = {name: values for name, values in named.items() if name not in required} if depth < 6 else {}
    fixed = st.fixed_dictionaries(always, optional=sometimes)
    extra = schema.get("additionalProperties", False)
    if extra is False:
        return fixed
    keys = _string(schema.get("propertyNames", {}))
    more = st.dictionaries(keys, instances(extra, root, depth + 1), max_size=2)
    return st.builds(lambda one, other: {**other, **one}, fixed, more)


def _array(schema: JSONObject, root: JSONObject, depth: int) -> st.SearchStrategy[Any]:
    low, high = schema.get("minItems", 0), schema.get("maxItems")
    if "prefixItems" in schema:
        parts = [instances(inner, root, depth + 1) for inner in schema["prefixItems"]]
        return st.integers(low, len(parts)).flatmap(lambda n: st.tuples(*parts[:n]).map(list))
    items = _later(schema["items"], root, depth + 1)
    most = low + 2 if depth < 6 else low
    unique = json.dumps if schema.get("uniqueItems") else None
    return st.lists(items, min_size=low, max_size=most if high is None else min(most, high), unique_by=unique)


def _string(schema: JSONObject, root: Any = None, depth: int = 0) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    pattern = schema.get("pattern")
    if schema.get("format") in _FORMATS:
        values = _FORMATS[schema["format"]]
        if schema["format"] == "date" and pattern:
            bounds = re.findall(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", pattern)
            values = st.sampled_from(bounds) | values
        return values.filter(lambda text: pattern is None or bool(re.search(pattern, text)))
    if pattern:
        # Decimals: their own texts, filtered, are many times faster than the pattern.
        texts: st.SearchStrategy[str] = st.from_regex(str(pattern)).filter(lambda text: not text.endswith("\n"))
        if "E" in pattern:
            return st.decimals(-300, 300, places=2).map(str).filter(lambda text: re.search(pattern, text)) | texts
        return texts
    return st.text(min_size=schema.get("minLength", 0), max_size=schema.get("maxLength", 6))


def _bounds(schema: JSONObject) -> tuple[Any, Any]:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    return low, schema.get("maximum", schema.get("exclusiveMaximum"))


def _number(schema: JSONObject, root: JSONObject, depth: int) -> st.SearchStrategy[Any]:
    low, high = (
        schema.get("minimum", schema.get("exclusiveMinimum")),
        schema.get("maximum", schema.get("exclusiveMaximum")),
    )
    whole = _integer(schema, root, depth)
    return whole | st.floats(low, high, allow_nan=False, allow_infinity=False)


def _integer(schema: JSONObject, root: JSONObject, depth: int) -> st.SearchStrategy[Any]:
    low, high = (
        schema.get("minimum", schema.get("exclusiveMinimum")),
        schema.get("maximum", schema.get("exclusiveMaximum")),
    )
    whole = st.integers(None if low is None else int(low), None if high is None else int(high))
    return whole | whole.filter(lambda n: abs(n) < 2**53).map(float)


_BY_TYPE: dict[str, Any] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "number": _number,
    "integer": _integer,
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
}


def damaged(value: Any) -> st.SearchStrategy[Any]:
    """The value with one part replaced, left out or added."""
    if isinstance(value, dict) and value:
        key = st.sampled_from(sorted(value))
        inside = key.flatmap(lambda k: damaged(value[k]).map(lambda new: {**value, k: new}))
        without = key.map(lambda k: {name: part for name, part in value.items() if name != k})
        more = st.tuples(st.text(max_size=3), _ANYTHING).map(lambda pair: {**value, pair[0]: pair[1]})
        return inside | without | more
    if isinstance(value, list) and value:
        return _damaged_list(value)
    return _ANYTHING | st.floats(-9, 9) | st.just([]) | st.just({})


def _damaged_list(value: list[Any]) -> st.SearchStrategy[Any]:
    place = st.integers(0, len(value) - 1)
    inside = place.flatmap(lambda i: damaged(value[i]).map(lambda new: [*value[:i], new, *value[i + 1 :]]))
    without = place.map(lambda i: value[:i] + value[i + 1 :])
    return inside | without | place.map(lambda i: [*value, value[i]])
