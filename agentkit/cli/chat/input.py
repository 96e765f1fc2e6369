"""What a person types, or a pipe brings, one prompt after another: lines, joined where they say that they go on."""

from __future__ import annotations

import importlib
import sys
from contextlib import suppress
from dataclasses import dataclass

from agentkit.cli.chat.signals import Keyboard
from agentkit.cli.terminal.exits import Stop

_SIGN, _MORE = "> ", "... "
_QUOTES = '"""'


@dataclass(frozen=True, slots=True)
class Typed:
    """One prompt or command."""

    text: str
    is_quoted: bool = False
    """Whether it stood between triple quotes: then it is a prompt as it is, whatever it begins with."""


class PromptReader:
    """Reads stdin in the main thread, where Ctrl-C ends the wait for a line with KeyboardInterrupt.

    On a terminal the line can be edited, and the arrow keys bring back earlier ones, where Python has `readline`.
    """

    def __init__(self, keyboard: Keyboard, *, is_stdout_data: bool) -> None:
        self._keyboard = keyboard
        self.is_terminal = sys.stdin is not None and sys.stdin.isatty()
        """Whether a person types."""
        self.lines = 0
        """How many lines came."""
        # `input` edits lines only where it writes its sign to stdout, and into JSON lines it must not.
        self._can_edit = self.is_terminal and sys.stdout.isatty() and not is_stdout_data
        if self._can_edit:
            with suppress(ModuleNotFoundError):  # Windows has none
                importlib.import_module("readline")

    def read(self) -> Typed | None:
        """The next prompt; None when stdin has ended. Raises Stop for what cannot be sent."""
        line = self._line(_SIGN)
        if line is None:
            return None
        if line.lstrip().startswith(_QUOTES):
            return self._quoted(line.lstrip().removeprefix(_QUOTES))
        lines: list[str] = []
        while line is not None and line.endswith("\\"):
            lines.append(line[:-1])
            line = self._line(_MORE)
        if line is None:
            raise Stop("The input ended in a line that was to go on, so it was not sent.")
        return Typed("\n".join([*lines, line]).strip())

    def _quoted(self, line: str | None) -> Typed:
        lines: list[str] = []
        while line is not None and not line.rstrip().endswith(_QUOTES):
            lines.append(line)
            line = self._line(_MORE)
        if line is None:
            raise Stop(f"The input ended before the closing {_QUOTES}, so it was not sent.")
        return Typed("\n".join([*lines, line.rstrip().removesuffix(_QUOTES)]).strip("\n"), is_quoted=True)

    def _line(self, sign: str) -> str | None:
        line = self._wait_for_line(sign)
        self.lines += 1
        return line

    def _wait_for_line(self, sign: str) -> str | None:
        try:
            if self._can_edit:
                with self._keyboard.waiting():
                    return input(sign)
            if self.is_terminal:
                print(sign, end="", file=sys.stderr, flush=True)
            with self._keyboard.waiting():
                data = b"" if sys.stdin is None else sys.stdin.buffer.readline()
            return data.decode().rstrip("\r\n") if data else None
        except EOFError:
            return None
        except UnicodeDecodeError:
            raise Stop("That line is not UTF-8 text, so it was not sent.") from None
