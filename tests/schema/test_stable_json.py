"""Sets in defaults and examples are the same bytes in every process."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import dataclass
from enum import Enum

import pytest
from pydantic import BaseModel, SecretBytes, SecretStr

from agentkit.schema import compile_type
from agentkit.schema.stable_json import holds_secret, sort_sets, to_stable_json

PROGRAM = '''
import dataclasses, json
from enum import Enum
from typing import Annotated, Any
from pydantic import BaseModel, Field
from agentkit import tool
class Kind(Enum):
    BOOK = "book"
    FILM = "film"
    SONG = "song"
    MAP = "map"
KINDS = {"book", "film", "song", "play", "map"}
class Options(BaseModel):
    kinds: set[str] = KINDS
    more: set[str] = Field(default=set(), examples=[KINDS])
@dataclasses.dataclass(frozen=True)
class Tagged:
    tags: frozenset[str] = frozenset(KINDS)
@tool(effect="read", examples=[{"words": "x", "options": {"kinds": KINDS}, "any": KINDS}])
def search(
    words: Annotated[str, Field(examples=[{"a": KINDS}])],
    options: Options = Options(),
    kinds: set[Kind] = set(Kind),
    tagged: Tagged = Tagged(),
    nested: dict[str, Any] = {"a": [KINDS, {"b": frozenset(KINDS)}]},
    sets: set[frozenset[str]] = {frozenset(KINDS), frozenset({"map", "song"})},
    any: object = None,
) -> str:
    """Search."""
    return ""
print(json.dumps([search.to_param(), search.to_param(strict=False)]))
'''


def test_a_tool_is_sent_with_the_same_bytes_by_every_process() -> None:
    sent = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(sent) == 1
    assert '["book", "film", "map", "play", "song"]' in sent.pop()


class Colour(Enum):
    RED = "r"
    BLUE = "b"


@dataclass
class Box:
    colours: set[Colour]
    rows: list[int]


SHELF = {"boxes": {"r": {"colours": ["b", "r"], "rows": [3, 1]}}}


class Shelf(BaseModel):
    boxes: dict[Colour, Box]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({3, 20, 100}, [3, 20, 100]),
        ({"b": [{"y", "x"}], 1: (2, frozenset({"d", "c"}))}, {"b": [["x", "y"]], "1": [2, ["c", "d"]]}),
        (Shelf(boxes={Colour.RED: Box(set(Colour), [3, 1])}), SHELF),
        ({1, "a", None}, ["a", 1, None]),
        ({frozenset({2, 1}), frozenset({0})}, [[0], [1, 2]]),
        ({(2, 1), (1, 5)}, [[1, 5], [2, 1]]),
        ("text", "text"),
    ],
)
def test_items_of_sets_are_in_order_and_everything_else_stays(value: object, plain: object) -> None:
    assert to_stable_json(value) == plain


class Login(BaseModel):
    password: SecretStr = SecretStr("x")


def test_secrets_are_found_and_numbers_that_json_does_not_have_stay() -> None:
    assert holds_secret([Login()])
    assert holds_secret(SecretBytes(b"x"))
    assert not holds_secret({"a": [1, "x"]})
    assert sort_sets({"a": [math.inf, None]}, {"a": [None, None]}) == {"a": [math.inf, None]}
    assert compile_type(Login).schema["properties"]["password"].get("default") is None
