"""Values that are drawn by a schema fit it."""

from __future__ import annotations

import random
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from agentkit.evals.schema_values import ValueDrawer
from agentkit.schema import compile_type


class Leaf(BaseModel):
    kind: Literal["leaf"]
    text: Annotated[str, Field(max_length=5)]
    rank: Annotated[int, Field(ge=3, le=9)]


class Branch(BaseModel):
    kind: Literal["branch"]
    children: Annotated[list[Branch | Leaf], Field(min_length=1, max_length=2)]
    weights: dict[str, float] = {}
    note: str | None = None
    is_old: bool = False


@pytest.mark.parametrize("seed", range(20))
def test_drawn_values_are_valid_however_deep_the_type_is(seed: int) -> None:
    schema = compile_type(Branch).schema
    drawn = ValueDrawer(schema, random.Random(seed), {"text": ["a long text"], "rank": [4, 77]}).draw()
    assert Branch.model_validate(drawn).children
    assert drawn == ValueDrawer(schema, random.Random(seed), {"text": ["a long text"], "rank": [4, 77]}).draw()
