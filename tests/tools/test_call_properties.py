"""Whatever a model writes: a call runs with values that fit, or says what does not, in a text of bounded length."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Literal

import anyio
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from agentkit import InvalidArguments, Tool, tool
from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.json_schema.checker import SchemaChecker
from agentkit.schema.validation.problems import find_problems
from agentkit.schema.validation.stringified import decode_stringified

came: list[object] = []


class Colour(Enum):
    RED = "red"
    GREEN = "green"


class Circle(BaseModel):
    kind: Literal["circle"]
    r: Annotated[float, Field(gt=0)]


class Group(BaseModel):
    kind: Literal["group"]
    parts: list[Annotated[Circle | Group, Field(discriminator="kind")]]


@dataclass
class Line:
    name: str
    colour: Colour | None = None
    tags: dict[str, list[int]] = field(default_factory=dict[str, list[int]])


@tool
def draw(part: Circle | Group, lines: list[Line], scale: int | str = 1) -> None:
    came[:] = [part, *lines, scale]


@tool
def remember(a: Line | list[Line] | None = None, b: tuple[int, str] = (1, ""), c: datetime.date | None = None) -> None:
    came[:] = [a, b, c]


TOOLS: list[Tool[..., None]] = [draw, remember]
KEYS = [
    "a",
    "b",
    "c",
    "part",
    "lines",
    "scale",
    "kind",
    "r",
    "parts",
    "name",
    "nmae",
    "colour",
    "tags",
    "x y",
    "",
    "é\n",
]
leaves: st.SearchStrategy[JSON] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", "circle", "group", "red", "gren", "2026-01-31", "[1]", "{}", '{"name": "x"}', '[{"name": 1}]']
    ),
    st.text(st.characters(), max_size=80),
)
anything: st.SearchStrategy[JSON] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(list),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=4).map(dict),
        inner.filter(lambda value: not isinstance(value, str)).map(json.dumps),
    ),
    max_leaves=12,
)


def as_json(value: JSON) -> JSON:
    return value


colours: st.SearchStrategy[JSON] = st.sampled_from(["red", "green", None, "gren", "RED"])
shapes: st.SearchStrategy[JSON] = st.recursive(
    st.fixed_dictionaries({"kind": st.sampled_from(["circle", "cirlce"]), "r": st.sampled_from([1, 2.5, 0, "1"])}).map(
        dict
    ),
    lambda inner: st.fixed_dictionaries({"kind": st.just("group"), "parts": st.lists(inner, max_size=3)}).map(dict),
    max_leaves=4,
)
tags: st.SearchStrategy[JSON] = st.dictionaries(
    st.sampled_from(KEYS), st.lists(leaves, max_size=2).map(list), max_size=2
).map(dict)
rows: st.SearchStrategy[JSON] = st.fixed_dictionaries(
    {"name": st.sampled_from(["tea", "[1]"]).map(as_json)}, optional={"colour": colours, "tags": tags}
).map(dict)


def mostly(right: st.SearchStrategy[JSON]) -> st.SearchStrategy[JSON]:
    """What nearly fits, what fits and came as text, and anything at all."""
    return st.one_of(right, right.map(json.dumps), anything)


inputs: st.SearchStrategy[JSONObject] = st.one_of(
    st.fixed_dictionaries({"part": mostly(shapes), "lines": mostly(st.lists(rows, max_size=3).map(list))}).map(dict),
    st.dictionaries(st.sampled_from(KEYS), st.one_of(mostly(rows), mostly(shapes)), max_size=4),
)


@given(inputs, st.sampled_from(TOOLS))
@example({"part": {"kind": "circle", "r": 1}, "lines": []}, draw)
@example({"part": '{"kind": "circle", "r": 1}', "lines": '[{"name": "tea"}]'}, draw)
@example({"c": "2026-01-32"}, remember)
def test_a_call_runs_with_values_that_fit_or_tells_every_problem(given: JSONObject, made: Tool[..., None]) -> None:
    came.clear()
    before = json.dumps(given)
    decoded = decode_stringified(given, made.input_schema)
    refused: InvalidArguments | None = None
    try:
        anyio.run(made.call, given)
    except InvalidArguments as error:
        refused = error
    assert json.dumps(given) == before
    if refused is None:
        assert came
        assert SchemaChecker(made.input_schema, checks_formats=True).is_valid(decoded)
        return
    text = str(refused)
    problems = find_problems(decoded, made.input_schema)
    assert came == []
    assert len(text) < 8_000
    assert text.encode()
    assert len(text.splitlines()) > 1
    assert [problem.path for problem in problems[:20] if problem.path not in text] == []
    assert {suggestion.path for suggestion in refused.suggestions} <= {problem.path for problem in problems}


@given(inputs, st.sampled_from(TOOLS))
def test_what_fits_is_never_decoded_and_decoding_is_done_once(given: JSONObject, made: Tool[..., None]) -> None:
    decoded = decode_stringified(given, made.input_schema)
    assert decode_stringified(decoded, made.input_schema) == decoded
    if SchemaChecker(made.input_schema).is_valid(given):
        assert decoded is given
