"""Display of a run in a chat: the answer's text is streamed to stdout, the rest goes to stderr in short lines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agentkit.cli.terminal.interrupts import print_stopping_notice
from agentkit.cli.terminal.plain_lines import PlainLines
from agentkit.cli.terminal.printing import print_message
from agentkit.cli.terminal.text import terminal_width
from agentkit.cli.terminal.watching import count_sub_agent_runs
from agentkit.messages.printable import plural, printable
from agentkit.messages.wrapping import WordWrapper

if TYPE_CHECKING:
    from agentkit import Event, RunResult


class ChatDisplay:
    """Stream the text of the root agent, and print a line for every call of it and of its sub-agents."""

    def __init__(self, *, shows_text: bool) -> None:
        self._shows_text = shows_text
        """True if the agent's output is text. Other outputs are printed by the command once they are validated."""
        self._plain = PlainLines()
        self._is_terminal = sys.stdout.isatty()
        self._wrapper = WordWrapper(terminal_width(sys.stdout))
        self._is_line_open = False
        self._has_streamed = False

    def __enter__(self) -> ChatDisplay:
        return self

    def __exit__(self, *error: object) -> None:
        self._end_line()

    def show_event(self, event: Event) -> None:
        """Show one event."""
        from agentkit.run import events as kinds

        is_root = event.parent_call_id is None
        match event:
            case kinds.RunStarted():
                pass
            case kinds.TurnStarted() if is_root:
                self._has_streamed = False
            case kinds.TextDelta() if is_root and self._shows_text:
                self._has_streamed = True
                self._write_text(event.text)
            case kinds.TurnReset() if is_root:
                self._end_line()  # the model repeats what was streamed so far
                self._has_streamed = False
                self._plain.show_event(event)
            case kinds.TurnFinished() if is_root and self._shows_text:
                if not self._has_streamed:
                    self._write_text(event.text)
                self._end_line()
            case _ if line := self._plain.event_line(event):
                self._end_line()
                print(self._plain.draw_line(event, line), file=sys.stderr, flush=True)
            case _:
                pass

    def show_stopping(self) -> None:
        """See `Display.show_stopping`."""
        print_stopping_notice()

    def _write_text(self, text: str) -> None:
        self._is_line_open = not text.endswith("\n") if text else self._is_line_open
        print(self._wrapper.feed(printable(text)) if self._is_terminal else text, end="", flush=True)

    def _end_line(self) -> None:
        if self._is_line_open:
            print(self._wrapper.feed("\n") if self._is_terminal else "\n", end="", flush=True)
        self._is_line_open = False


def print_run_footer(result: RunResult[object], seconds: float) -> None:
    """Print on stderr what a run left unfinished, why it did not complete, and its cost, tokens and time.

    Args:
        result: The result of the run.
        seconds: The time that it took.
    """
    for left in result.unfinished:
        print_message(f"unfinished: {'/'.join(left.path)}: {left.name}: {left.reason}")
    if not result.ok:
        print_message(f"agentkit: {result.reason or f'The run ended as {result.outcome}.'}", "red")
    print_message(_run_facts(result, seconds), "dim")


def _run_facts(result: RunResult[object], seconds: float) -> str:
    usage = result.usage
    runs = count_sub_agent_runs(result)
    parts = [
        "cost unknown" if result.cost.usd is None else str(result.cost),
        f"{usage.prompt_tokens:,} tokens in, {usage.output_tokens:,} out",
        plural(usage.requests, "request"),
        *([plural(runs, "sub-agent run")] if runs else []),
        f"{seconds:.1f} s",
    ]
    return " · ".join(parts)
