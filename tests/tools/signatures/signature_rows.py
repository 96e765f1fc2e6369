"""What is expected of each tool of `tricky_signatures.py`.

The numbers are those of the table of cases by which tool libraries are measured; those left out are refused.
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from decimal import Decimal

from agentkit.messages.message import JSONObject
from tests.tools.signatures import tricky_signatures as tricky
from tests.tools.signatures.tricky_signatures import Address, AnyTool

KEY = "12345678-1234-5678-1234-567812345678"
STRING: JSONObject = {"type": "string"}
INTEGER: JSONObject = {"type": "integer"}


def closed(properties: JSONObject, *, optional: tuple[str, ...] = ()) -> JSONObject:
    required = [name for name in properties if name not in optional]
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def ref(name: str, **beside: object) -> JSONObject:
    return {"$ref": f"#/$defs/{name}", **beside}


ADDRESS = closed({"street": STRING, "city": {"type": "string", "default": "Bonn"}}, optional=("city",))
TREE = closed({"name": STRING, "kids": {"type": "array", "items": ref("Tree"), "default": []}}, optional=("kids",))


@dataclass(frozen=True)
class Row:
    number: int
    tool: AnyTool
    schema: JSONObject
    good: JSONObject
    values: list[object]
    """What the function gets."""
    bad: JSONObject
    problems: list[str]
    """How each line of the model's text begins, in order."""


ROWS = [
    Row(
        1,
        tricky.nested,
        closed({"address": ref("Address", description="Where to."), "count": {**INTEGER, "description": "How many."}})
        | {"$defs": {"Address": ADDRESS}},
        {"address": '{"street": "Main"}', "count": 2},
        [Address(street="Main"), 2],
        {"address": {"streat": "Main"}, "count": "2", "more": 1},
        [
            "address.street: missing; expected a string",
            "address.streat: unknown key; did you mean `street`?",
            'count: expected an integer, got "2"',
            "more: unknown key",
        ],
    ),
    Row(
        2,
        tricky.tagged,
        closed({"pet": {"oneOf": [ref("Cat"), ref("Dog")]}})
        | {
            "$defs": {
                "Cat": closed({"kind": {"type": "string", "const": "cat"}, "lives": INTEGER}),
                "Dog": closed({"kind": {"type": "string", "const": "dog"}, "barks": {"type": "boolean"}}),
            },
        },
        {"pet": {"kind": "dog", "barks": True}},
        [tricky.Dog(kind="dog", barks=True)],
        {"pet": {"kind": "dog", "lives": 9}},
        ["pet.barks: missing; expected true or false", "pet.lives: unknown key"],
    ),
    Row(
        3,
        tricky.recursive,
        closed({"tree": ref("Tree")}) | {"$defs": {"Tree": TREE}},
        {"tree": {"name": "a", "kids": [{"name": "b"}]}},
        [tricky.Tree(name="a", kids=[tricky.Tree(name="b")])],
        {"tree": {"name": "a", "kids": [{"name": "b", "kids": [{}]}]}},
        ["tree.kids[0].kids[0].name: missing; expected a string"],
    ),
    Row(
        4,
        tricky.records,
        closed({"point": ref("Point"), "options": ref("Options")})
        | {
            "$defs": {
                "Point": closed({"x": INTEGER, "y": {**INTEGER, "default": 0}}, optional=("y",)),
                "Options": closed({"must": INTEGER, "may": STRING}, optional=("may",)),
            },
        },
        {"point": {"x": 1}, "options": {"must": 2}},
        [tricky.Point(1), {"must": 2}],
        {"point": {"x": 1, "z": 3}, "options": {"must": None}},
        ["point.z: unknown key", "options.must: expected an integer, got null"],
    ),
    Row(
        5,
        tricky.choices,
        closed(
            {
                "size": ref("Size"),
                "level": ref("Level"),
                "mode": {"enum": ["a", 1, None]},
                "limit": {"anyOf": [INTEGER, {"type": "null"}], "default": None},
                "key": {"anyOf": [INTEGER, STRING], "default": 3},
            },
            optional=("limit", "key"),
        )
        | {
            "$defs": {
                "Size": {"type": "string", "enum": ["small", "large"]},
                "Level": {"type": "integer", "enum": [1, 2]},
            }
        },
        {"size": "small", "level": 2, "mode": None, "key": "7"},
        [tricky.Size.SMALL, tricky.Level.HIGH, None, None, "7"],
        {"size": "smal", "level": 3, "mode": "b", "limit": "7", "key": []},
        [
            'size: expected one of "small", "large", got "smal"; did you mean "small"?',
            "level: expected one of 1, 2, got 3",
            'mode: expected one of "a", 1, null, got "b"',
            'limit: expected an integer or null, got "7"',
            "key: expected an integer or a string, got []",
        ],
    ),
    Row(
        6,
        tricky.scalars,
        closed(
            {
                "at": {"type": "string", "format": "date-time"},
                "on": {"type": "string", "format": "date"},
                "lasting": {"type": "string", "format": "duration"},
                "key": {"type": "string", "format": "uuid"},
                "price": {"anyOf": [{"type": "number"}, STRING]},
                "data": {"type": "string", "format": "binary"},
            }
        ),
        {"at": "2026-01-31T09:30:00Z", "on": "2026-01-31", "lasting": "PT1H", "key": KEY, "price": "1.50", "data": "x"},
        [
            datetime.datetime(2026, 1, 31, 9, 30, tzinfo=datetime.UTC),
            datetime.date(2026, 1, 31),
            datetime.timedelta(hours=1),
            uuid.UUID(KEY),
            Decimal("1.50"),
            b"x",
        ],
        {"at": "soon", "on": "31.1.", "lasting": "long", "key": "k", "price": "much", "data": 1},
        ["at: ", "on: ", "lasting: ", "key: ", "price: ", "data: expected a string, got 1"],
    ),
    Row(
        7,
        tricky.containers,
        closed(
            {
                "homes": {"type": "object", "additionalProperties": ref("Address")},
                "pair": {"type": "array", "prefixItems": [INTEGER, STRING], "minItems": 2, "maxItems": 2},
                "unique": {"type": "array", "items": INTEGER, "uniqueItems": True},
            }
        )
        | {"$defs": {"Address": ADDRESS}},
        {"homes": {"a": '{"street": "Main"}'}, "pair": '[1, "x"]', "unique": [1, 2]},
        [{"a": Address(street="Main")}, (1, "x"), {1, 2}],
        {"homes": {"a": {"stret": "Main"}}, "pair": [1], "unique": [1, 1]},
        [
            "homes.a.street: missing",
            "homes.a.stret: unknown key; did you mean `street`?",
            "pair: expected at least 2 items, got [1]",
            "unique: expected no item twice, got [1, 1]",
        ],
    ),
    Row(
        8,
        tricky.constrained,
        closed(
            {
                "a": {**INTEGER, "minimum": 1, "maximum": 5, "description": "From Annotated."},
                "b": {**STRING, "minLength": 2, "default": "xy"},
                "c": {**STRING, "maxLength": 3, "default": "d", "description": "The third."},
            },
            optional=("b", "c"),
        ),
        {"a": 5},
        [5, "xy", "d"],
        {"a": 6, "b": "x", "c": "long"},
        [
            "a: expected at most 5, got 6",
            'b: expected at least 2 characters, got "x"',
            'c: expected at most 3 characters, got "long"',
        ],
    ),
    Row(
        9,
        tricky.aliased,
        closed({"X-Y": {**STRING, "description": "Goes by another name."}, "coded": ref("Coded")})
        | {"$defs": {"Coded": closed({"postalCode": STRING})}},
        {"X-Y": "v", "coded": {"postalCode": "53111"}},
        ["v", tricky.Coded(postalCode="53111")],
        {"value": "v", "coded": {"postal_code": "53111"}},
        [
            "coded.postalCode: missing",
            "coded.postal_code: unknown key; did you mean `postalCode`?",
            "X-Y: missing",
            "value: unknown key",
        ],
    ),
    Row(
        13,
        tricky.method,
        closed({"words": {"type": "array", "items": STRING}}),
        {"words": ["tea"]},
        [["tea"]],
        {"words": "tea"},
        ['words: expected an array, got "tea"'],
    ),
    Row(
        15,
        tricky.generic,
        closed({"page": ref("Page_Person_", description="The page."), "tags": ref("Tags", description="Its tags.")})
        | {
            "$defs": {
                "Page_Person_": closed({"items": {"type": "array", "items": ref("Person")}}),
                "Person": closed({"name": STRING}),
                "Tags": {"type": "array", "items": STRING},
            }
        },
        {"page": {"items": [{"name": "Ada"}]}, "tags": ["x"]},
        [tricky.Page[tricky.Person](items=[tricky.Person(name="Ada")]), tricky.Tags(["x"])],
        {"page": {"items": [{"name": 1}]}, "tags": [2]},
        ["page.items[0].name: expected a string, got 1", "tags[0]: expected a string, got 2"],
    ),
    Row(17, tricky.asynchronous, closed({"n": INTEGER}), {"n": 1.0}, [1], {}, ["n: missing; expected an integer"]),
    Row(
        18,
        tricky.mixed,
        closed({"items": {"type": "array", "items": {"anyOf": [INTEGER, ref("Address"), ref("Later")]}}})
        | {"$defs": {"Address": ADDRESS, "Later": closed({"z": INTEGER})}},
        {"items": [1, {"street": "Main"}, {"z": 2}]},
        [[1, Address(street="Main"), tricky.Later(z=2)]],
        {"items": ["x", {"street": 1}]},
        ["items[0]: expected an integer or an object", "items[1].street: expected a string, got 1"],
    ),
    Row(
        19,
        tricky.defaulted,
        closed(
            {
                "address": ref("Address", default={"street": "Side", "city": "Bonn"}),
                "n": {**INTEGER, "default": 1, "examples": [1, 2]},
                "names": {"type": "array", "items": STRING},
            },
            optional=("address", "n", "names"),
        )
        | {"$defs": {"Address": ADDRESS}},
        {},
        [Address(street="Side"), 1, ["x"]],
        {"address": {}, "n": "1", "names": [None]},
        ["address.street: missing", 'n: expected an integer, got "1"', "names[0]: expected a string, got null"],
    ),
]
