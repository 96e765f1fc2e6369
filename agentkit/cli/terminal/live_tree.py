"""Live tree of agents and calls. It needs rich (the extra `cli`), and is the only file that imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from agentkit.cli.terminal.interrupts import STOPPING
from agentkit.cli.terminal.progress import Describe, Progress
from agentkit.cli.terminal.tree_lines import HEADER, Line, tree_lines

if TYPE_CHECKING:
    from agentkit import Event

_MARKS = {"done": ("✓", "green"), "failed": ("✗", "red"), "running": ("·", "cyan"), "waiting": ("-", "dim")}
_MOST_ROWS = 24
_REFRESHES_PER_S = 12


class LiveTree:
    """Draws the tree on stderr while the run goes on, and leaves the last state there.

    Args:
        describe: Describes the result of a call. None: the beginning of a sub-agent's answer.
        console: The console to draw on. None: stderr.
    """

    def __init__(self, describe: Describe | None = None, console: Console | None = None) -> None:
        self.progress = Progress(describe)
        self._console = console or Console(stderr=True, highlight=False)
        self._spinner = Spinner("dots")
        self._is_stopping = self._is_over = False
        self._live = Live(self, console=self._console, refresh_per_second=_REFRESHES_PER_S, vertical_overflow="crop")

    def __enter__(self) -> LiveTree:
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over = True
        self._live.stop()

    def feed(self, event: Event) -> None:
        """Add one event; it is drawn with the next frame."""
        self.progress.feed(event)

    def stopping(self) -> None:
        """See `Display.show_stopping`; the next frame contains the notice."""
        self._is_stopping = True

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        root = self.progress.root
        if root is None:
            return
        width = options.max_width - len("^C") - 1  # the echo of ^C after a full line would shift the tree
        room = max(4, min(_MOST_ROWS, console.height - 6))
        yield Text(HEADER.rjust(width), "dim", no_wrap=True)
        for line in tree_lines(root, room, self.progress.clock()):
            yield self._drawn(line, width)
        if self._is_stopping and not self._is_over:
            yield Text(STOPPING, "yellow")

    def _drawn(self, line: Line, width: int) -> Text:
        mark, style = _MARKS.get(line.state, ("", ""))
        if line.state == "running":
            mark = "·" if self._is_over else str(self._spinner.render(self.progress.clock()))
        took = line.took()
        room = max(0, width - len(took) - 1)
        drawn = Text(line.stem, "dim", no_wrap=True, overflow="crop")
        drawn.append(f"{mark} " if mark else "", style)
        drawn.append(f"{line.name}  " if line.name else "", "bold" if line.is_agent else "")
        drawn.append(line.detail(max(1, room - drawn.cell_len)), "red" if line.state == "failed" else "dim")
        drawn.truncate(room, overflow="ellipsis", pad=True)
        return drawn.append(f" {took}", "dim")
