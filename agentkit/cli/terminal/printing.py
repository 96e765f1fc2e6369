"""Print answers on stdout and messages on stderr: on a terminal wrapped at words, elsewhere line by line."""

from __future__ import annotations

import sys

from agentkit.cli.terminal.style import Style, styled
from agentkit.cli.terminal.text import print_answer, terminal_width
from agentkit.messages.printable import printable
from agentkit.messages.wrapping import wrap_message, wrap_text

_MAX_MESSAGE_LINES = 40


def print_prose(text: str) -> None:
    """Print an answer on stdout as `print_answer` does, on a terminal wrapped at words."""
    print_answer(wrap_text(printable(text), terminal_width(sys.stdout)) if sys.stdout.isatty() else text)


def print_message(text: str, style: Style = "") -> None:
    """Print a message on stderr: on a terminal wrapped at words and in its style, otherwise on one line."""
    lines = wrap_message(text, terminal_width(sys.stderr), _MAX_MESSAGE_LINES)
    print(
        styled(lines, style, sys.stderr) if sys.stderr.isatty() else " ".join(printable(text).split()),
        file=sys.stderr,
        flush=True,
    )


def print_air() -> None:
    """Print an empty line where answer and progress share a terminal."""
    if sys.stdout.isatty() and sys.stderr.isatty():
        print(flush=True)


def print_drawing(text: str) -> None:
    """Print lines that cannot be wrapped on stderr, below an empty one; a terminal cuts them at its width."""
    width = terminal_width(sys.stderr) if sys.stderr.isatty() else 0
    lines = [f"{line[: width - 1]}…" if width and len(line) > width else line for line in text.split("\n")]
    print("", *lines, sep="\n", file=sys.stderr, flush=True)
