"""The two forms of a Decimal."""

from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from agentkit.schema import compile_type
from tests.schema.generated_instances import accepts

TYPES: list[Any] = [
    Decimal,
    Annotated[Decimal, Field(ge=0)],
    Annotated[Decimal, Field(gt=-1, lt=Decimal("99.95"))],
    Annotated[Decimal, Field(max_digits=3)],
    Annotated[Decimal, Field(decimal_places=2, ge=0)],
    Annotated[Decimal, Field(max_digits=4, decimal_places=1, le=50)],
]
texts = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False),
    st.decimals(-120, 120, places=2),
    st.builds(lambda digits, places: Decimal(digits).scaleb(places), st.integers(-2000, 2000), st.integers(-9, 9)),
)


@pytest.mark.parametrize("annotation", TYPES)
@given(value=texts)
def test_the_text_form_fits_exactly_when_pydantic_accepts_it(annotation: Any, value: Decimal) -> None:
    adapter = TypeAdapter(annotation)
    try:
        adapter.validate_python(str(value))
        is_good = True
    except ValidationError:
        is_good = False
    assert accepts(compile_type(annotation).schema, str(value)) == is_good


@pytest.mark.parametrize("annotation", TYPES)
@given(value=st.floats(-1e6, 1e6) | st.integers(-200, 200))
def test_a_number_that_fits_validates(annotation: Any, value: float) -> None:
    compiled = compile_type(annotation)
    if accepts(compiled.schema, value):
        compiled.validate(value)


def test_bounds_are_said_in_words_beside_the_pattern() -> None:
    schema = compile_type(Annotated[Decimal, Field(ge=0, decimal_places=2)]).schema
    number, text = schema["anyOf"]
    assert number == {"type": "number", "minimum": 0.0, "multipleOf": 0.01}
    assert text["description"] == "The exact decimal as text. At least 0, at most 2 decimal places."


def test_where_infinity_is_allowed_no_pattern_forbids_it() -> None:
    compiled = compile_type(Annotated[Decimal, Field(allow_inf_nan=True)])
    assert accepts(compiled.schema, "Infinity")
    assert compiled.validate("Infinity") == Decimal("Infinity")


def test_an_exponent_beyond_what_python_takes_fits_no_bounded_decimal() -> None:
    schema = compile_type(Annotated[Decimal, Field(ge=-3, le=250)]).schema
    assert accepts(schema, "-1E-17")
    assert not accepts(schema, "-1E-10000000000000012500")
