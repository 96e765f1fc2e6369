"""Keep the numbers out of a schema that JSON does not have: infinities and NaN.

A default becomes words, and a bound that bounds nothing is left out. Everything else would mean that no JSON fits.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import cast

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.subschemas import is_list, is_object

_UNBOUNDED: Mapping[str, float] = {
    "minimum": -math.inf,
    "exclusiveMinimum": -math.inf,
    "maximum": math.inf,
    "exclusiveMaximum": math.inf,
}
_NUMBERS = (*_UNBOUNDED, "multipleOf", "const", "enum")


def is_finite(value: object) -> bool:
    """Return True if JSON can write every number in a value."""
    if isinstance(value, float):
        return math.isfinite(value)
    if is_object(value):
        return all(map(is_finite, value.values()))
    return not isinstance(value, list | tuple) or all(map(is_finite, cast("Sequence[object]", value)))


def with_json_numbers(schema: JSONObject) -> JSONObject:
    """Return one part of a schema without numbers that JSON does not have.

    Raises:
        DefinitionError: Such a number is a bound that no value is within, or a value that is allowed.
    """
    if _FORMS.isdisjoint(schema):
        return schema
    bad = [key for key, value in schema.items() if key in _FORMS and not is_finite(value)]
    if not bad:
        return schema
    mended = {key: value for key, value in schema.items() if key not in bad}
    for key in bad:
        value = schema[key]
        if key == "default":
            said = str(mended.get("description", ""))
            mended["description"] = f"{said} Default: {json.dumps(value, ensure_ascii=False)}.".strip()
        elif key == "examples" and is_list(value):
            mended[key] = [example for example in value if is_finite(example)]
        elif key in _NUMBERS and _UNBOUNDED.get(key) != value:
            raise DefinitionError(
                f"the number {json.dumps(value)} in `{key}` of its schema is none that JSON has; write a finite one"
            )
    return mended


_FORMS = frozenset((*_NUMBERS, "default", "examples", "example"))
