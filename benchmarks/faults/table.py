"""The table of faults, read from docs/faults.md."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
STATES = ("built", "later")


@dataclass(frozen=True, slots=True)
class Row:
    """One fault."""

    fault: str
    behaviour: str
    outcome: str
    state: str
    """`built`, or `later`: what it needs is not there yet."""


def read_rows(page: Path = PAGE) -> list[Row]:
    """Return the rows of the page's one table. Raises ValueError for a page that has another one."""
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    if cells[:1] != [["fault", "what agentkit does", "outcome", "state"]]:
        raise ValueError(f"{page.name}: its table must have the columns fault, what agentkit does, outcome, state")
    found = [Row(*given) for given in cells[2:] if len(given) == 4]
    if len(found) != len(cells) - 2 or any(row.state not in STATES for row in found):
        raise ValueError(f"{page.name}: each row must have four cells, and the last one of {', '.join(STATES)}")
    return found
