"""Live tree of agents and calls. It needs rich (the extra `cli`), and is the only file that imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from agentkit.cli.terminal.failures import failure_text, is_unexpected_failure
from agentkit.cli.terminal.interrupts import STOPPING_NOTICE
from agentkit.cli.terminal.progress import DescribeResult, RunTree
from agentkit.cli.terminal.tree_lines import TreeLine, column_header, tree_lines
from agentkit.messages.wrapping import wrap_message
from agentkit.run.events import ToolFinished

if TYPE_CHECKING:
    from agentkit import Event

_MARKS = {"done": ("✓", "green"), "failed": ("✗", "red"), "running": ("·", "cyan"), "waiting": ("-", "dim")}
_MAX_ROWS = 24
_REFRESHES_PER_S = 12
_MIN_WIDTH_OF_ALL_COLUMNS = 60
_MAX_FAILURES = 10
"""The number of exceptions that are printed below the tree."""


class LiveTree:
    """Draws the tree on stderr while the run goes on, and leaves the last state there.

    Args:
        describe: Describes the result of a call. None: the beginning of a sub-agent's answer.
        console: The console to draw on. None: stderr.
    """

    def __init__(self, describe: DescribeResult | None = None, console: Console | None = None) -> None:
        self.run_tree = RunTree(describe)
        self._console = console or Console(stderr=True, highlight=False)
        self._spinner = Spinner("dots")
        self._is_stopping = self._is_over = False
        self._failures: list[tuple[str, str]] = []
        """The exceptions of tools: agent and tool, and the text for the developer."""
        self._last_rows: list[str] = []
        self._live = Live(self, console=self._console, refresh_per_second=_REFRESHES_PER_S, vertical_overflow="crop")

    def __enter__(self) -> LiveTree:
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over = True
        self._live.stop()
        self._print_cut_failures()

    def show_event(self, event: Event) -> None:
        """Add one event; it is drawn with the next frame."""
        self.run_tree.add_event(event)
        if is_unexpected_failure(event) and isinstance(event, ToolFinished):
            self._failures.append((f"{'/'.join(event.path)}: {event.name}", failure_text(event)))

    def show_stopping(self) -> None:
        """See `Display.show_stopping`; the next frame contains the notice."""
        self._is_stopping = True

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        root = self.run_tree.root
        if root is None:
            return
        width = options.max_width - len("^C") - 1  # the echo of ^C after a full line would shift the tree
        room = max(4, min(_MAX_ROWS, console.height - 6))
        is_narrow = width < _MIN_WIDTH_OF_ALL_COLUMNS
        yield Text(column_header(is_narrow=is_narrow).rjust(width), "dim", no_wrap=True)
        rows = [
            self._render_line(line, width, is_narrow=is_narrow)
            for line in tree_lines(root, room, self.run_tree.clock())
        ]
        self._last_rows = [row.plain for row in rows]
        yield from rows
        if self._is_stopping and not self._is_over:
            yield Text(STOPPING_NOTICE, "yellow")

    def _print_cut_failures(self) -> None:
        """Print below the tree the exceptions of tools that are not in it, or not to their ends."""
        cut = [(who, text) for who, text in self._failures if not any(text in row for row in self._last_rows)]
        width = self._console.width - 1
        for who, text in cut[:_MAX_FAILURES]:
            self._console.print(Text(wrap_message(f"✗ {who}: {text}", width), "red"))
        if len(cut) > _MAX_FAILURES:
            self._console.print(Text(f"  and {len(cut) - _MAX_FAILURES:,} more failures; --debug shows all", "red"))

    def _render_line(self, line: TreeLine, width: int, *, is_narrow: bool) -> Text:
        mark, style = _MARKS.get(line.state, ("", ""))
        if line.state == "running":
            mark = "·" if self._is_over else str(self._spinner.render(self.run_tree.clock()))
        columns = line.usage_columns(is_narrow=is_narrow)
        room = max(0, width - len(columns) - 1)
        drawn = Text(no_wrap=True, overflow="crop").append(line.stem, "dim")
        drawn.append(f"{mark} " if mark else "", style)
        drawn.append(f"{line.name}  " if line.name else "", "bold" if line.is_agent else "")
        drawn.append(line.detail_text(max(1, room - drawn.cell_len)), "red" if line.state == "failed" else "dim")
        drawn.truncate(room, overflow="ellipsis", pad=True)
        return drawn.append(f" {columns}", "dim")
