"""Bounds of numbers written as text."""

import re
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from agentkit.schema.json_schema.number_patterns import bound_pattern, first_difference_patterns

decimals = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False),
    st.decimals(-20, 20, places=2),
    st.integers(-200, 200).map(Decimal),
    st.builds(lambda digits, places: Decimal(digits).scaleb(places), st.integers(-1000, 1000), st.integers(-12, 12)),
)


@given(decimals, decimals, st.booleans(), st.booleans())
@example(Decimal("99.95"), Decimal("99.95"), False, True)
@example(Decimal(0), Decimal("-0E-9"), True, True)
@example(Decimal("0.01"), Decimal("1E-7"), False, False)
def test_the_pattern_says_what_the_comparison_says(
    bound: Decimal, value: Decimal, above: bool, inclusive: bool
) -> None:
    """The text of a Decimal matches exactly when the Decimal is on the wanted side."""
    pattern = bound_pattern(bound, above=above, inclusive=inclusive)
    expected = (value > bound if above else value < bound) or (inclusive and value == bound)
    assert bool(re.search(pattern, str(value))) == expected


def test_a_last_newline_does_not_match() -> None:
    assert not re.search(bound_pattern(Decimal(0), above=True, inclusive=True), "1\n")


def test_differing_gives_the_ways_to_be_larger_or_smaller() -> None:
    assert list(first_difference_patterns("19", larger=True)) == ["[2-9]"]
    assert list(first_difference_patterns("19", larger=False)) == ["[0-0]", "1[0-8]"]
