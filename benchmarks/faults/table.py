"""The table of faults, read from docs/faults.md."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "faults.md"
STATES = ("built", "later")


@dataclass(frozen=True, slots=True)
class Row:
    """One fault."""

    fault: str
    behaviour: str
    outcome: str
    state: str
    """`built`: scenarios play it. `later`: what it needs is not there yet. Otherwise the path of the test that plays it
    because it takes more than one process, or a disk of its own."""


def read_rows(page: Path = PAGE) -> list[Row]:
    """Return the rows of the page's one table. Raises ValueError for a page that has another one."""
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    if cells[:1] != [["fault", "what agentkit does", "outcome", "state"]]:
        raise ValueError(f"{page.name}: its table must have the columns fault, what agentkit does, outcome, state")
    found = [Row(*given) for given in cells[2:] if len(given) == 4]
    if len(found) != len(cells) - 2 or not all(row.state in STATES or _is_test(row.state) for row in found):
        states = ", ".join(STATES)
        raise ValueError(f"{page.name}: each row must have four cells, and the last one of {states}, or a test")
    return found


def _is_test(state: str) -> bool:
    path = state.strip("`")
    return path.startswith("tests/") and (ROOT / path).is_file()
