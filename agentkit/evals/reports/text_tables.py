"""Tables of plain text that fit a width: columns where there is room, otherwise a paragraph a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agentkit.messages.printable import cell_width, one_line
from agentkit.messages.wrapping import wrap_text

_GAP = 2
_INDENT = "  "
_FEWEST_CELLS_OF_A_NAME = 16


def text_table(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield the lines of a table whose first column holds names, which are shortened before anything else is.

    Args:
        heads: The heads of the columns.
        rows: The rows; every cell is one line of plain text.
        width: The columns of the terminal.
    """
    cells = [[one_line(cell, 4 * width) for cell in row] for row in (heads, *rows)]
    widths = [max(cell_width(row[place]) for row in cells) for place in range(len(heads))]
    room = width - sum(widths[1:]) - _GAP * (len(heads) - 1)
    if room < min(_FEWEST_CELLS_OF_A_NAME, widths[0]):
        yield from _paragraphs(cells[0], cells[1:], width)
        return
    widths[0] = min(widths[0], room)
    for row in cells:
        parts = [_padded(one_line(row[0], widths[0]), widths[0])]
        parts += [_padded(cell, size) for cell, size in zip(row[1:], widths[1:], strict=True)]
        yield (" " * _GAP).join(parts).rstrip()


def _paragraphs(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    for name, *values in rows:
        yield one_line(name, width)
        said = [
            f"{head} {value}".strip() for head, value in zip(heads[1:], values, strict=True) if value not in ("", "-")
        ]
        yield from indented(" · ".join(said), width)


def indented(text: str, width: int) -> Iterator[str]:
    """Yield the lines of a text, wrapped at words, all of them indented.

    Args:
        text: The text.
        width: The columns of the terminal.
    """
    if text:
        yield from (_INDENT + line for line in wrap_text(text, width - len(_INDENT)).split("\n"))


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_width(text))
