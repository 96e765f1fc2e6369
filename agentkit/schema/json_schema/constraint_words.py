"""Describe constraints of JSON Schema in plain words: `at least 1`, `at most 40 characters`."""

from __future__ import annotations

import json
from collections.abc import Callable

from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.text_patterns import AS_DESCRIBED, describe_pattern

ITEM_ORDER = "items by position"
ONE_OF = "one choice only"
"""Two constraints for which JSON Schema has no keyword; pseudo-keywords in the tables of this file."""
_KEYWORD_ORDER = (
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minItems",
    "maxItems",
    ITEM_ORDER,
    "uniqueItems",
)


def _count_units(amount: object, unit: str) -> str:
    return f"{amount} {unit}" if amount == 1 else f"{amount} {unit}s"


_CONSTRAINT_WORDS: dict[str, Callable[[object], str]] = {
    "minimum": lambda n: f"at least {_number_text(n)}",
    "maximum": lambda n: f"at most {_number_text(n)}",
    "exclusiveMinimum": lambda n: f"more than {_number_text(n)}",
    "exclusiveMaximum": lambda n: f"less than {_number_text(n)}",
    "multipleOf": lambda n: f"a multiple of {_number_text(n)}",
    "minLength": lambda n: f"at least {_count_units(n, 'character')}",
    "maxLength": lambda n: f"at most {_count_units(n, 'character')}",
    "minItems": lambda n: f"at least {_count_units(n, 'item')}",
    "maxItems": lambda n: f"at most {_count_units(n, 'item')}",
    "uniqueItems": lambda _: "no item twice",
    "minProperties": lambda n: f"at least {n} properties" if n != 1 else "at least 1 property",
    "maxProperties": lambda n: f"at most {n} properties" if n != 1 else "at most 1 property",
    "pattern": lambda pattern: describe_pattern(str(pattern)),
    "format": lambda name: f"in the format {name}",
    ITEM_ORDER: lambda order: f"items in this order: {order}",
    ONE_OF: lambda _: "fitting exactly one of the choices",
    "contentEncoding": lambda name: f"encoded as {name}",
    "contentMediaType": lambda name: f"holding {name}",
}
_FORMAT_EXAMPLES = {
    "date-time": "2026-01-31T09:30:00Z",
    "date": "2026-01-31",
    "time": "09:30:00",
    "duration": "PT5M or P1DT2H30M",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
    "email": "ada@example.com",
    "idn-email": "ada@example.com",
    "name-email": "Ada <ada@example.com>",
    "hostname": "www.example.com",
    "uri": "https://www.example.com/page",
    "multi-host-uri": "postgres://user@db1.example.com,db2.example.com/name",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "ipv4network": "192.0.2.0/24",
    "ipv6network": "2001:db8::/32",
    "ipv4interface": "192.0.2.1/24",
    "ipv6interface": "2001:db8::1/32",
    "ipvanyaddress": "192.0.2.1",
    "ipvanynetwork": "192.0.2.0/24",
    "ipvanyinterface": "192.0.2.1/24",
    "base64": "aGVsbG8=",
    "base64url": "aGVsbG8=",
    "color": "#336699",
    "fraction": "1/3",
    "json-pointer": "/a/0",
}
"""Texts of the formats whose names alone leave questions."""
_MIN_MAX_PAIRS = (
    ("minLength", "maxLength", "character"),
    ("minItems", "maxItems", "item"),
)


def describe_constraint(keyword: str, value: object) -> str:
    """Describe one constraint in words; a keyword that is not in the table is quoted with its value."""
    phrase = _CONSTRAINT_WORDS.get(keyword)
    return phrase(value) if phrase else f"`{keyword}`: {json.dumps(value, ensure_ascii=False)}"


def describe_format(name: str) -> str:
    """Describe a format in words, with an example where one helps."""
    example = _FORMAT_EXAMPLES.get(name)
    return f"in the format {name}, such as {example}" if example else f"in the format {name}"


def describe_constraints(constraints: JSONObject) -> list[str]:
    """Describe each constraint in words; an equal minimum and maximum become one `exactly ...`."""
    known = [keyword for keyword in _KEYWORD_ORDER if keyword in constraints]
    left = {keyword: constraints[keyword] for keyword in dict.fromkeys([*known, *constraints])}
    said: list[str] = []
    for low, high, unit in _MIN_MAX_PAIRS:
        if low in left and left.get(low) == left.get(high):
            said.append(f"exactly {_count_units(left.pop(low), unit)}")
            del left[high]
    return said + [describe_constraint(keyword, value) for keyword, value in left.items()]


def append_constraints(description: str, said: list[str], default: tuple[object, ...] = ()) -> str:
    """Return a description with the constraints and the default as sentences after it.

    Args:
        description: The text so far; may be empty.
        said: The constraints in words.
        default: The default as the only item; empty: there is no default.
    """
    sentences = [description.rstrip()] if description.strip() else []
    if sentences and (said or default) and sentences[0][-1] not in ".!?:;)`":
        sentences[0] += "."
    said = [phrase for phrase in said if phrase != AS_DESCRIBED]
    if said:
        joined = ", ".join(said)
        sentences.append(f"{joined[0].upper()}{joined[1:]}.")
    if default:
        sentences.append(f"Default: {json.dumps(default[0], ensure_ascii=False)}.")
    return " ".join(sentences)


def _number_text(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
