"""Show the stages of a pattern: a live line for each, and what the work came to where it reports that."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from agentkit.cli.terminal.interrupts import handle_ctrl_c_in_loop, print_stopping_notice
from agentkit.cli.terminal.printing import print_message
from agentkit.cli.terminal.text import terminal_width
from agentkit.messages.printable import one_line

if TYPE_CHECKING:
    from agentkit.models.overriding_client import Client
    from agentkit.patterns import FunnelProgress, Plan, ReadProgress

    Progress: TypeAlias = "ReadProgress | FunnelProgress"

T = TypeVar("T")

_STAGES = {
    "documents": "collecting documents",
    "reading": "reading",
    "verifying": "verifying quotes",
    "reducing": "choosing evidence",
    "writing": "writing",
    "queries": "writing queries",
    "search": "searching",
    "filter": "filtering threads",
    "evidence": "reading threads",
    "reduction": "choosing evidence",
}
_PLANNED = ("reading", "filter")
"""The stages before which the plan is shown."""


class StageLines:
    """Prints one line for each stage; on a terminal the line shows how far it is."""

    def __init__(self) -> None:
        self._stage = ""
        self._plan: Plan | None = None

    def show(self, progress: Progress) -> None:
        """Show how far the work is."""
        if (report := getattr(progress, "report", None)) is not None:
            self._end_line()
            print_message(str(report))
            return
        counted = f" {progress.done:,} of {progress.total:,}" if progress.total > 1 or progress.done else ""
        line = f"{_STAGES[progress.stage]}{counted}"
        is_new = progress.stage != self._stage
        if progress.stage in _PLANNED and progress.plan not in (None, self._plan):
            self._end_line()
            print_message(f"plan: {progress.plan}", "dim")
            self._plan = progress.plan
        if sys.stderr.isatty():
            start = "\n" if is_new and self._stage else "\r"
            print(f"{start}\x1b[K{one_line(line, terminal_width(sys.stderr) - 1)}", end="", file=sys.stderr, flush=True)
        elif is_new:
            print_message(line)
        self._stage = progress.stage

    def close(self) -> None:
        """End the last line."""
        self._end_line()

    def _end_line(self) -> None:
        if self._stage and sys.stderr.isatty():
            print(file=sys.stderr, flush=True)
        self._stage = ""


def watch_stages(work: Callable[[Callable[[Progress], None]], Awaitable[T]], client: Client | None) -> T:
    """Do some work to its end and return the result. Raises KeyboardInterrupt once Ctrl-C has stopped it.

    Args:
        work: Starts the work with a function for its progress; called in the event loop.
        client: The client that the command made, closed at the end. None: nothing to close.
    """
    import anyio

    lines = StageLines()

    async def follow() -> list[T]:
        results: list[T] = []
        try:
            with anyio.CancelScope() as scope, handle_ctrl_c_in_loop(scope.cancel, print_stopping_notice):
                results.append(await work(lines.show))
        finally:
            lines.close()
            if client is not None:
                with anyio.CancelScope(shield=True):
                    await client.close()
        return results

    if not (results := anyio.run(follow)):
        raise KeyboardInterrupt
    return results[0]
