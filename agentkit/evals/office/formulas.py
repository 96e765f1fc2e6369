"""Formulas of spreadsheets: cells, ranges, the four operations, and a few functions."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Value: TypeAlias = str | float
"""A number, or a text; a text that begins with `#` is an error."""

_TOKEN = re.compile(r'\s*(?:(\d+(?:\.\d+)?)|("[^"]*")|([A-Z]+\()|([A-Z]{1,2}\d+(?::[A-Z]{1,2}\d+)?)|([-+*/(),]))')
_CELL = re.compile(r"([A-Z]{1,2})(\d+)")
_OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda one, other: one / other,
}
_FUNCTIONS: dict[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "AVERAGE": lambda numbers: sum(numbers) / len(numbers),
    "COUNT": lambda numbers: float(len(numbers)),
    "MIN": min,
    "MAX": max,
}


class FormulaError(Exception):
    """A formula has no value; the text is the error as a spreadsheet shows it."""


def shown_values(cells: Mapping[str, Value]) -> dict[str, Value]:
    """Return the cells with the values of formulas in place of the formulas; errors begin with `#`.

    Args:
        cells: The cells.
    """
    return {name: value_of(cells, name) for name in cells}


def value_of(cells: Mapping[str, Value], name: str) -> Value:
    """Return the value of a cell; an empty cell is an empty text.

    Args:
        cells: The cells.
        name: The name of the cell, `B7`.
    """
    try:
        return _Formulas(cells).value(name)
    except FormulaError as error:
        return str(error)


def as_content(content: Value) -> Value:
    """Return the content of a cell: a number for a text that is one, as if it were typed in.

    Args:
        content: The content as it is written.
    """
    try:
        return float(content)
    except ValueError:
        return content


def cells_between(corners: str) -> list[str]:
    """Return the names of the cells of a range, `A1:B2`, row by row; of a single cell, its own.

    Raises:
        ValueError: It is no range.
    """
    found = [_CELL.fullmatch(corner) for corner in corners.split(":")]
    if len(found) > 2 or not all(found):
        raise ValueError(f"{corners!r} is no range of cells; write it as A1:D9.")
    (first, top), (last, bottom) = ((str(one[1]), int(one[2])) for one in (found[0], found[-1]) if one)
    columns = range(_column_number(first), _column_number(last) + 1)
    return [f"{column_name(column)}{row}" for row in range(top, bottom + 1) for column in columns]


def column_name(number: int) -> str:
    """Return the letters of a column, counted from 1.

    Args:
        number: The number of the column.
    """
    high, low = divmod(number - 1, 26)
    return (chr(64 + high) if high else "") + chr(65 + low)


def _column_number(name: str) -> int:
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number


@dataclass(slots=True)
class _Formulas:
    cells: Mapping[str, Value]
    open: set[str] = field(default_factory=set[str])
    """The cells that are being worked out: one that comes up again refers to itself."""

    def value(self, name: str) -> Value:
        content = self.cells.get(name, "")
        if not isinstance(content, str) or not content.startswith("="):
            return content
        if name in self.open:
            raise FormulaError("#REF!")
        self.open.add(name)
        value = _Reader(self, _tokens(content[1:])).whole()
        self.open.remove(name)
        return value

    def number(self, name: str) -> float:
        value = self.value(name)
        if isinstance(value, str) and value:
            raise FormulaError("#VALUE!")
        return float(value or 0)


def _tokens(text: str) -> list[str]:
    found, at = list[str](), 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FormulaError("#NAME?")
        found.append(match[0].strip())
        at = match.end()
    return found


@dataclass(slots=True)
class _Reader:
    """Reads one formula and works it out: sums of products of numbers, cells, functions and brackets."""

    formulas: _Formulas
    tokens: list[str]
    at: int = 0

    def whole(self) -> float:
        value = self.sum()
        if self.next():
            raise FormulaError("#NAME?")
        return round(value, 9)

    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        """Return the next token and go on. Raises FormulaError unless it is wanted; no wants take all but the end."""
        token = self.next()
        if not token or (wanted and token not in wanted):
            raise FormulaError("#NAME?")
        self.at += 1
        return token

    def sum(self) -> float:
        value = self.product()
        while self.next() in ("+", "-"):
            value = _OPERATIONS[self.take()](value, self.product())
        return value

    def product(self) -> float:
        value = self.single()
        while self.next() in ("*", "/"):
            operation, other = self.take(), self.single()
            if operation == "/" and not other:
                raise FormulaError("#DIV/0!")
            value = _OPERATIONS[operation](value, other)
        return value

    def single(self) -> float:
        part = self.take()
        if part == "-":
            return -self.single()
        if part == "(":
            value = self.sum()
            self.take(")")
            return value
        if part.endswith("("):
            return self.function(part[:-1])
        if _CELL.fullmatch(part):
            return self.formulas.number(part)
        try:
            return float(part)
        except ValueError:
            raise FormulaError("#NAME?") from None

    def function(self, name: str) -> float:
        if name in ("SUMIF", "COUNTIF"):
            return self.conditional(name)
        numbers = list(self.numbers())
        while self.next() == ",":
            self.take()
            numbers += self.numbers()
        self.take(")")
        if name not in _FUNCTIONS:
            raise FormulaError("#NAME?")
        if not numbers and name != "COUNT":
            raise FormulaError("#DIV/0!")
        return _FUNCTIONS[name](numbers)

    def numbers(self) -> Iterator[float]:
        """Yield the numbers of a range, without its texts, or the value of anything else."""
        if ":" not in self.next():
            yield self.sum()
            return
        for value in map(self.formulas.value, cells_between(self.take())):
            if not isinstance(value, str):
                yield value

    def conditional(self, name: str) -> float:
        """Return the sum, or the number, of the cells beside those that are equal to a text or number."""
        tested = cells_between(self.take())
        self.take(",")
        wanted = self.take().strip('"')
        added = tested
        if self.next() == ",":
            self.take()
            added = cells_between(self.take())
        self.take(")")
        chosen = [other for one, other in zip(tested, added, strict=False) if self.is_equal(one, wanted)]
        return float(len(chosen)) if name == "COUNTIF" else sum(self.formulas.number(cell) for cell in chosen)

    def is_equal(self, name: str, wanted: str) -> bool:
        value = self.formulas.value(name)
        return (value if isinstance(value, str) else f"{value:g}").casefold() == wanted.casefold()
