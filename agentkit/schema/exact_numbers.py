"""Give a Decimal all digits of the number that the model wrote, where pydantic would read them as a float."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal, InvalidOperation

from pydantic_core import PydanticCustomError

from agentkit.messages.strict_json import ExactFloat

_exact_numbers: ContextVar[dict[float, set[Decimal]] | None] = ContextVar("agentkit_exact_numbers", default=None)
"""The numbers of the data that is validated, by the floats that pydantic reads for them."""


@contextmanager
def exact_numbers(numbers: Sequence[ExactFloat]) -> Generator[None]:
    """Let `read_exact_decimal` know, inside the block, the digits of these numbers."""
    found: dict[float, set[Decimal]] = {}
    for number in numbers:
        found.setdefault(float(number), set()).add(Decimal(number.text))
    token = _exact_numbers.set(found)
    try:
        yield
    finally:
        _exact_numbers.reset(token)


def read_exact_decimal(value: object) -> object:
    """Return the Decimal that JSON data stands for; other data, and texts that are none, unchanged.

    Raises:
        PydanticCustomError: Two numbers of the data differ only in digits that no float has.
    """
    if isinstance(value, float):
        known = (_exact_numbers.get() or {}).get(value, {Decimal(repr(value))})
        if len(known) > 1:
            raise PydanticCustomError("agentkit_digits", "too many digits for a number; write it as a string")
        return next(iter(known))
    if isinstance(value, int | str) and not isinstance(value, bool):
        try:
            return Decimal(value)
        except InvalidOperation:
            return value
    return value
