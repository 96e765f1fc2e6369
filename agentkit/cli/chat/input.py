"""Read prompts and commands from stdin, a terminal or a pipe: single lines, continued lines, or quoted blocks."""

from __future__ import annotations

import codecs
import importlib
import sys
from contextlib import suppress
from dataclasses import dataclass

from agentkit.cli.chat.signals import KeyboardInterrupter
from agentkit.cli.terminal.exit_codes import CommandError

_SIGN = "> "
_MORE = "... "
"""The sign before a line that continues a prompt."""
_TRIPLE_QUOTES = '"""'


@dataclass(frozen=True, slots=True)
class TypedInput:
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

    def __init__(self, keyboard: KeyboardInterrupter, *, is_stdout_data: bool) -> None:
        self._keyboard = keyboard
        self.is_terminal = sys.stdin is not None and sys.stdin.isatty()
        """True if stdin is a terminal."""
        self.line_count = 0
        """The number of lines read so far."""
        # `input` can edit a line only if it writes the prompt sign to stdout, which must not happen among JSON lines.
        self._can_edit = self.is_terminal and sys.stdout.isatty() and not is_stdout_data
        if self._can_edit:
            with suppress(ModuleNotFoundError):  # Windows has none
                importlib.import_module("readline")

    def read_input(self) -> TypedInput | None:
        """Return the next prompt or command; None when stdin has ended.

        Raises:
            CommandError: The input is not UTF-8, or stdin ended inside a continued or quoted prompt.
        """
        line = self._read_line(_SIGN)
        if line is None:
            return None
        if line.lstrip().startswith(_TRIPLE_QUOTES):
            return self._read_quoted(line.lstrip().removeprefix(_TRIPLE_QUOTES))
        lines: list[str] = []
        while line is not None and line.endswith("\\"):
            lines.append(line[:-1])
            line = self._read_line(_MORE)
        if line is None:
            raise CommandError("The input ended in a line that was to go on, so it was not sent.")
        return TypedInput("\n".join([*lines, line]).strip())

    def _read_quoted(self, line: str | None) -> TypedInput:
        lines: list[str] = []
        while line is not None and not line.rstrip().endswith(_TRIPLE_QUOTES):
            lines.append(line)
            line = self._read_line(_MORE)
        if line is None:
            raise CommandError(f"The input ended before the closing {_TRIPLE_QUOTES}, so it was not sent.")
        return TypedInput("\n".join([*lines, line.rstrip().removesuffix(_TRIPLE_QUOTES)]).strip("\n"), is_quoted=True)

    def _read_line(self, sign: str) -> str | None:
        line = self._wait_for_line(sign)
        self.line_count += 1
        return line

    def _wait_for_line(self, sign: str) -> str | None:
        try:
            if self._can_edit:
                with self._keyboard.interruptible_wait():
                    typed = input(sign)
                typed.encode()  # bytes that are not UTF-8 may come as halves of surrogate pairs
                return typed
            if self.is_terminal:
                print(sign, end="", file=sys.stderr, flush=True)
            with self._keyboard.interruptible_wait():
                data = b"" if sys.stdin is None else sys.stdin.buffer.readline()
            text = data.removeprefix(codecs.BOM_UTF8) if self.line_count == 0 else data
            return text.decode().rstrip("\r\n") if data else None
        except EOFError:
            return None
        except UnicodeError:
            raise CommandError("That line is not UTF-8 text, so it was not sent.") from None
