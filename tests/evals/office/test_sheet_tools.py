"""Cells are read with the values of formulas, and written as if they were typed in."""

from __future__ import annotations

import pytest

from agentkit import RunContext, ToolError
from agentkit.evals.office.sheet_tools import CellEdit, add_row, read_cells, write_cells
from agentkit.evals.office.story import story
from agentkit.evals.office.world import Office

BUDGET, GUESTS = "finance/budget.sheet", "fair/guests.sheet"


@pytest.fixture
def ctx() -> RunContext[Office]:
    return RunContext(deps=story())


@pytest.mark.anyio
async def test_an_error_of_a_formula_is_shown_and_goes_with_its_cause(ctx: RunContext[Office]) -> None:
    assert await read_cells(ctx, BUDGET, "C4:D4") == {"C4": "6,200 EUR", "D4": "=B4+C4 -> #VALUE!"}
    assert (await read_cells(ctx, BUDGET))["D6"] == "=D2+D3+D4+D5 -> #VALUE!"
    await write_cells(ctx, BUDGET, [CellEdit(cell="C4", content="6200")])
    assert (await read_cells(ctx, BUDGET))["D6"] == "=D2+D3+D4+D5 -> 56200.0"


@pytest.mark.anyio
async def test_cells_and_rows_are_written(ctx: RunContext[Office]) -> None:
    edits = [CellEdit(cell="H1", content="=F2*2"), CellEdit(cell="C5", content="")]
    assert await write_cells(ctx, GUESTS, edits) == {"H1": "=F2*2 -> 6.0", "C5": ""}
    assert "C5" not in ctx.deps.sheets[GUESTS]
    assert await add_row(ctx, GUESTS, ["Vera Holt", "", "open", "2"]) == {"A7": "Vera Holt", "C7": "open", "D7": 2}
    with pytest.raises(ToolError, match="no spreadsheet 'fair/agenda"):
        await read_cells(ctx, "fair/agenda.md")
    with pytest.raises(ToolError, match="no range"):
        await read_cells(ctx, GUESTS, "all")
