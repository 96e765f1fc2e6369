"""The progress of an evaluation on stderr: one line that changes on a terminal, at most twenty lines elsewhere."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.budget.usage import usd_text
from agentkit.cli.terminal.text import terminal_width
from agentkit.messages.printable import one_line

if TYPE_CHECKING:
    from agentkit.evals import Progress

_MOST_LINES = 20


@dataclass(slots=True)
class ProgressLine:
    """Shows how far an evaluation is, with live estimates."""

    about: str = ""
    """Stands in front, where there are several passes."""
    done: int = 0
    """The trials that have ended."""
    kept: int = 0
    """Those of them that the store had."""
    _lines: int = 0
    _is_shown: bool = False

    def show(self, progress: Progress) -> None:
        """Show the state after a trial."""
        self.done, self.kept = progress.done, self.kept + progress.is_kept
        if sys.stderr.isatty():
            line = one_line(self._text(progress), terminal_width(sys.stderr) - 1)
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
            self._is_shown = True
        elif (lines := _MOST_LINES * progress.done // max(1, progress.planned)) > self._lines:
            self._lines = lines
            print(one_line(self._text(progress), 200), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Remove the line."""
        if self._is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._is_shown = False

    def _text(self, progress: Progress) -> str:
        rates = (f"{name} {_rate_text(progress, name)}" for name in progress.rates)
        counted = f"{progress.done:,} of {progress.planned:,}"
        return f"{self.about}{counted} · {usd_text(progress.spent_usd)} · {' · '.join(rates)}"


def _rate_text(progress: Progress, name: str) -> str:
    rate = progress.rate(name)
    if math.isnan(rate.value):
        return "-"
    return f"{100 * rate.value:.0f}% ({100 * rate.low:.0f}-{100 * rate.high:.0f})"
