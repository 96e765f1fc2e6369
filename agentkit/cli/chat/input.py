"""Read prompts and commands from stdin, a terminal or a pipe: single lines, continued lines, or quoted blocks."""

from __future__ import annotations

import importlib
import sys
from contextlib import suppress
from dataclasses import dataclass

from agentkit.cli.chat.signals import Keyboard
from agentkit.cli.terminal.exits import Stop

_SIGN = "> "
_MORE = "... "
"""The sign before a line that continues a prompt."""
_QUOTES = '"""'


@dataclass(frozen=True, slots=True)
class Typed:
    """One prompt or command."""

    text: str
    is_quoted: bool = False
    """True if it stood between triple quotes: then it is always a prompt, even if it begins with a slash."""


class PromptReader:
    """Reads stdin in the main thread, where Ctrl-C ends the wait for a line with KeyboardInterrupt.

    On a terminal the line can be edited, and the arrow keys bring back earlier ones, where Python has `readline`.

    Args:
        keyboard: Makes waits for a line interruptible by Ctrl-C.
        is_stdout_data: True if stdout carries JSON lines, so that no prompt sign may be written to it.
    """

    def __init__(self, keyboard: Keyboard, *, is_stdout_data: bool) -> None:
        self._keyboard = keyboard
        self.is_terminal = sys.stdin is not None and sys.stdin.isatty()
        """True if stdin is a terminal."""
        self.lines = 0
        """The number of lines read so far."""
        # `input` can edit a line only if it writes the prompt sign to stdout, which must not happen among JSON lines.
        self._can_edit = self.is_terminal and sys.stdout.isatty() and not is_stdout_data
        if self._can_edit:
            with suppress(ModuleNotFoundError):  # Windows has none
                importlib.import_module("readline")

    def read(self) -> Typed | None:
        """Return the next prompt or command; None when stdin has ended.

        Raises:
            CommandError: The input is not UTF-8, or stdin ended inside a continued or quoted prompt.
        """
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
