"""Describe the bounds of dates, times and durations in words: JSON Schema has no keyword for them."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_core import to_jsonable_python

from agentkit.messages.message import JSONObject

BOUNDS_NOTE = "x-agentkit-note"
"""Temporary schema key for a sentence that is appended to the description once that is final."""
_BOUND_WORDS = {
    "time": {"ge": "not before {}", "gt": "after {}", "le": "not after {}", "lt": "before {}"},
    "span": {"ge": "at least {}", "gt": "more than {}", "le": "at most {}", "lt": "less than {}"},
}


def temporal_bounds_note(constraints: Mapping[str, object]) -> JSONObject:
    """Return the note that describes a core schema's bounds; {} when it has no bounds."""
    table = _BOUND_WORDS["span" if constraints["type"] == "timedelta" else "time"]
    said = [
        text.format(to_jsonable_python(constraints[key]))
        for key, text in table.items()
        if constraints.get(key) is not None
    ]
    if constraints.get("now_op"):
        said.append(f"in the {constraints['now_op']}")
    if not said:
        return {}
    sentence = ", ".join(said)
    return {BOUNDS_NOTE: f"{sentence[0].upper()}{sentence[1:]}."}


def append_bounds_note(schema: JSONObject) -> JSONObject:
    """Return the schema with its note, if it has one, moved to the end of its description."""
    if BOUNDS_NOTE not in schema:
        return schema
    rest = {key: value for key, value in schema.items() if key != BOUNDS_NOTE}
    said = str(rest.get("description", ""))
    if said and said[-1] not in ".!?":
        said += "."
    return {**rest, "description": f"{said} {schema[BOUNDS_NOTE]}".strip()}
