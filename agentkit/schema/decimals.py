"""JSON Schema of a Decimal: a number, or the exact digits as a string, both under the same constraints."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.constraint_words import append_constraints, describe_constraints
from agentkit.schema.json_schema.text_patterns import decimal_pattern


def decimal_json_schema(
    constraints: Mapping[str, object], digits_pattern: str | None, number: JSONObject
) -> JSONObject:
    """Return the schema of a Decimal.

    Args:
        constraints: pydantic's core schema of the Decimal.
        digits: A pattern for `max_digits` and `decimal_places`; None when neither is set.
        number: pydantic's JSON Schema of the number form, with the bounds.
    """
    places, most = _int_or_none(constraints.get("decimal_places")), _int_or_none(constraints.get("max_digits"))
    said = describe_constraints({key: value for key, value in number.items() if key not in ("type", "title")})
    if places is not None:
        said.append(f"at most {places} decimal places")
    if most is not None:
        said.append(f"at most {most} digits")
    text: JSONObject = {"type": "string"}
    if constraints.get("allow_inf_nan"):
        text["description"] = "The decimal as text; Infinity and NaN are allowed."
    else:
        text["pattern"] = decimal_pattern(constraints, digits_pattern)
        if said:
            text["description"] = append_constraints("The exact decimal as text.", said)
    if most is not None and places is None:
        return text  # JSON Schema has no keyword for the digits of a number
    if places is not None and "multipleOf" not in number:
        number = {**number, "multipleOf": float(Decimal(1).scaleb(-places)) if places else 1}
    if most is not None and places is not None:
        number = _bound_magnitude(number, 10 ** (most - places))
    return {"anyOf": [number, text]}


def _int_or_none(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _bound_magnitude(number: JSONObject, limit: int) -> JSONObject:
    """Bound a number to less than `limit` on both sides of zero, unless it already has a tighter bound."""
    bounded = dict(number)
    if not any(bounded.get(key, limit) < limit for key in ("maximum", "exclusiveMaximum")):
        bounded.pop("maximum", None)
        bounded["exclusiveMaximum"] = limit
    if not any(bounded.get(key, -limit) > -limit for key in ("minimum", "exclusiveMinimum")):
        bounded.pop("minimum", None)
        bounded["exclusiveMinimum"] = -limit
    return bounded
