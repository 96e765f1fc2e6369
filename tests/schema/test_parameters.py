"""The parameters of a function, as pydantic reads them."""

from __future__ import annotations

import datetime
import json
import math
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from pydantic import BaseModel, Field, RootModel

from agentkit.schema import MISSING, Parameter, compile_parameters
from agentkit.schema.parameters import is_described_by_docstring


class Place(BaseModel):
    """Where it is."""

    city: str


class Pair(NamedTuple):
    """A pair."""

    left: int
    right: int


class Names(RootModel[list[str]]):
    """Names."""


@pytest.mark.parametrize("text", ["The thing.", "Where it is.", "A list:\n  - one", "note"])
@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        (int, MISSING),
        (str, "some"),
        (float, math.inf),
        (Place, MISSING),
        (Place | None, None),
        (Pair, MISSING),
        (Names, MISSING),
        (Literal["a", "b"], "a"),
        (list[Annotated[str, "note"]], []),
        (dict[Annotated[int, "note"], Place], {}),
        (tuple[int, ...], MISSING),
        (datetime.date, datetime.date(2026, 1, 2)),
    ],
)
def test_a_text_of_the_docstring_is_in_the_schema_as_one_of_pydantics_is(
    annotation: Any, default: object, text: str
) -> None:
    by_docstring = compile_parameters([Parameter("it", annotation, default, text), Parameter("other", Place)])
    field = Annotated[annotation, Field(description=text)]
    by_pydantic = compile_parameters([Parameter("it", field, default), Parameter("other", Place)])
    assert json.dumps(by_docstring.schema) == json.dumps(by_pydantic.schema)


def test_a_note_beats_the_text_of_the_docstring() -> None:
    assert is_described_by_docstring(Parameter("it", int, description="Which."))
    assert not is_described_by_docstring(Parameter("it", Annotated[int, "How many."], description="Which."))
    assert not is_described_by_docstring(Parameter("it", int, Field(description="How many."), "Which."))
