"""Tools for spreadsheets."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from agentkit.errors import ToolError
from agentkit.evals.office.formulas import as_content, cells_between, column_name, value_of
from agentkit.evals.office.world import Cells, Office
from agentkit.tools.decorator import tool
from agentkit.tools.run_context import RunContext


class CellEdit(BaseModel):
    """A cell and its new content."""

    cell: Annotated[str, Field(pattern=r"^[A-Z]{1,2}[1-9]\d{0,3}$")]
    """As `B7`."""
    content: float | str
    """A number, a text, or a formula (`=SUM(B2:B9)`). An empty text clears the cell."""


@tool(effect="read")
async def read_cells(ctx: RunContext[Office], path: str, cells: str = "") -> Cells:
    """Read cells of a spreadsheet: those that are not empty, with formulas as `=... -> value`.

    Args:
        path: The path.
        cells: A range, as `A1:D9`. Empty: the whole spreadsheet.
    """
    ctx.deps.check_available("read_cells", path)
    sheet = _sheet(ctx.deps, path)
    return {name: _shown(sheet, name) for name in (_names(cells) if cells else sheet) if name in sheet}


@tool(effect="write")
async def write_cells(ctx: RunContext[Office], path: str, edits: list[CellEdit]) -> Cells:
    """Write cells of a spreadsheet, and return them with the values of formulas.

    Functions: SUM, AVERAGE, COUNT, MIN, MAX, SUMIF(range, "text", numbers), COUNTIF(range, "text").

    Args:
        path: The path.
        edits: The cells.
    """
    ctx.deps.check_available("write_cells", path)
    sheet = _sheet(ctx.deps, path)
    for edit in edits:
        if edit.content == "":
            sheet.pop(edit.cell, None)
        else:
            sheet[edit.cell] = as_content(edit.content)
    return {edit.cell: _shown(sheet, edit.cell) for edit in edits}


@tool(effect="write")
async def add_row(ctx: RunContext[Office], path: str, values: list[float | str]) -> Cells:
    """Write values into the first row of a spreadsheet whose cell in column A is empty, from column A on.

    Args:
        path: The path.
        values: The values, as the columns of the spreadsheet have them; an empty text leaves a cell out.
    """
    ctx.deps.check_available("add_row", path)
    sheet = _sheet(ctx.deps, path)
    row = next(number for number in range(1, 10_000) if f"A{number}" not in sheet)
    written = {f"{column_name(i)}{row}": as_content(value) for i, value in enumerate(values, 1) if value != ""}
    sheet.update(written)
    return written


def _sheet(office: Office, path: str) -> Cells:
    if path not in office.sheets:
        raise ToolError(f"There is no spreadsheet {path!r}.", hint="Look at the paths with list_files.")
    return office.sheets[path]


def _names(cells: str) -> list[str]:
    try:
        return cells_between(cells)
    except ValueError as error:
        raise ToolError(str(error)) from error


def _shown(sheet: Cells, name: str) -> str | float:
    content, value = sheet.get(name, ""), value_of(sheet, name)
    return f"{content} -> {value}" if isinstance(content, str) and content.startswith("=") else content
