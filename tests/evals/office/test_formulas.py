"""Formulas have the values that a spreadsheet shows, and its errors where they have none."""

from __future__ import annotations

import pytest

from agentkit.evals.office.formulas import as_content, cells_between, column_name, shown_values, value_of

CELLS: dict[str, str | float] = {
    "A1": "Item", "B1": "Price", "A2": "tea", "B2": 4.0, "A3": "milk", "B3": 2.5, "A4": "Tea", "B4": 1.0,
    "B5": "6,200 EUR", "C1": "=C2", "C2": "=C1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=1+2*3-4/2", 5),
        ("=-(1+2)*3", -9),
        ("=B2*B3", 10),
        ("=SUM(B2:B5)", 7.5),
        ("=SUM(B2, B3, 10)", 16.5),
        ("=AVERAGE(B2:B4) + COUNT(B1:B9)", 5.5),
        ("=MAX(B2:B4)-MIN(B2:B4)", 3),
        ('=SUMIF(A2:A4,"tea",B2:B4)', 5),
        ('=COUNTIF(A2:A4, "tea")', 2),
        ("=COUNTIF(B2:B4,4)", 1),
        ("=Z99 + 1", 1),
        ("=B2+B5", "#VALUE!"),
        ("=1/0", "#DIV/0!"),
        ("=AVERAGE(A1:A4)", "#DIV/0!"),
        ("=C1", "#REF!"),
        ("=NOSUCH(B2)", "#NAME?"),
        ("=SUM(B2", "#NAME?"),
        ("=1 2", "#NAME?"),
        ("=", "#NAME?"),
        ("=B2:B3", "#NAME?"),
        ("=hello", "#NAME?"),
        ("plain", "plain"),
    ],
)
def test_a_formula_has_its_value(formula: str, value: object) -> None:
    assert value_of({**CELLS, "D9": formula}, "D9") == value


def test_values_stand_in_place_of_formulas() -> None:
    assert shown_values({"A1": 2.0, "A2": "=A1*A1", "A3": "=A2/0"}) == {"A1": 2, "A2": 4, "A3": "#DIV/0!"}


def test_ranges_columns_and_contents() -> None:
    assert cells_between("A9:B10") == ["A9", "B9", "A10", "B10"]
    assert cells_between("C3") == ["C3"]
    assert cells_between("Z1:AB1") == ["Z1", "AA1", "AB1"]
    assert [column_name(number) for number in (1, 26, 27, 53)] == ["A", "Z", "AA", "BA"]
    with pytest.raises(ValueError, match="no range of cells"):
        cells_between("A1:")
    assert [as_content("36.50"), as_content("2027-03-02"), as_content(3)] == [36.5, "2027-03-02", 3]
