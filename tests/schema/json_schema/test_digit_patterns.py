"""Patterns for decimals of so many digits match the texts of exactly those that pydantic accepts."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from agentkit.schema.json_schema.digit_patterns import digits_pattern

NUMBERS = ["0", "0.0", "1", "9.5", "12", "12.30", "123.456", "1200", "0.001", "0.0000012", "99999", "1.5", "0.10"]
DECIMALS = [Decimal(number).scaleb(by) for number in NUMBERS for by in (-12, -7, -1, 0, 1, 3, 11)]


@pytest.mark.parametrize("max_digits", [None, 1, 3, 4, 9, 23])
@pytest.mark.parametrize("decimal_places", [None, 0, 1, 3, 8, 12])
def test_the_pattern_fits_what_pydantic_accepts(max_digits: int | None, decimal_places: int | None) -> None:
    if max_digits is None and decimal_places is None:
        return
    pattern = re.compile(digits_pattern(max_digits, decimal_places))
    adapter = TypeAdapter[Decimal](Annotated[Decimal, Field(max_digits=max_digits, decimal_places=decimal_places)])
    for value in (sign * number for number in DECIMALS for sign in (1, -1)):
        try:
            adapter.validate_python(str(value))
            is_accepted = True
        except ValidationError:
            is_accepted = False
        assert bool(pattern.fullmatch(str(value))) == is_accepted, (value, pattern.pattern)


@pytest.mark.parametrize("text", ["", "-", "+1", "01", "1.", ".5", "1e5", "1E5", "1E+05", "00", "1 ", "NaN"])
def test_a_text_that_python_does_not_write_is_not_matched(text: str) -> None:
    assert not re.fullmatch(digits_pattern(9, 4), text)
