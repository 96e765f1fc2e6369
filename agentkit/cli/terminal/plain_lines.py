"""Print a run's events as plain lines: for pipes, logs, and terminals without rich."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agentkit.cli.terminal.failures import failure_text, is_unexpected_failure
from agentkit.cli.terminal.grouping import CallGroups
from agentkit.cli.terminal.interrupts import print_stopping_notice
from agentkit.cli.terminal.progress import DescribeResult, describe_nothing, wait_suffix
from agentkit.cli.terminal.style import styled
from agentkit.cli.terminal.text import brief_json, terminal_width
from agentkit.messages.printable import one_line
from agentkit.messages.wrapping import MAX_LINES, wrap_message

if TYPE_CHECKING:
    from agentkit import Event

_PREVIEW_CHARS = 40


class PlainLines:
    """Prints a line on stderr for the run's start, every call, and sub-agent runs that do not complete.

    Args:
        describe: Describes the result of a call. None: results are not described.
        max_depth: The depth in the tree of agents down to which lines are printed. None: no limit.
    """

    def __init__(self, describe: DescribeResult | None = None, max_depth: int | None = None) -> None:
        self._width = terminal_width(sys.stderr)
        self._describe = describe or describe_nothing
        self._groups = CallGroups()
        self._argument_previews: dict[str, str] = {}
        self._max_depth = max_depth
        """The depth down to which lines are printed; 1 is the root alone. None: no limit."""

    def __enter__(self) -> PlainLines:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def show_event(self, event: Event) -> None:
        """Print the event's line, if it has one."""
        line = self.event_line(event)
        is_deep = self._max_depth is not None and len(event.path) > self._max_depth
        if line and (not is_deep or is_unexpected_failure(event)):
            print(self.draw_line(event, line), file=sys.stderr, flush=True)

    def draw_line(self, event: Event, line: str) -> str:
        """Return an event's line as it is printed: on a terminal wrapped at words, failures in red, the rest dim."""
        if not sys.stderr.isatty():
            return one_line(line, MAX_LINES * self._width)
        return styled(wrap_message(line, self._width), "red" if _is_failure(event) else "dim", sys.stderr)

    def show_stopping(self) -> None:
        """See `Display.show_stopping`."""
        print_stopping_notice()

    def event_line(self, event: Event) -> str:
        """Return the event as one line; empty for events without a line: text deltas, or calls that are counted."""
        from agentkit.run import events as kinds

        if isinstance(event, kinds.ToolStarted):
            self._argument_previews[event.call_id] = brief_json(event.input, _PREVIEW_CHARS)
        counted = self._groups.grouped_line(event)
        return self._ungrouped_line(event) if counted is None or is_unexpected_failure(event) else counted

    def _ungrouped_line(self, event: Event) -> str:
        from agentkit.run import events as kinds
        from agentkit.run.guardrails.verdict_event import VerdictGiven
        from agentkit.run.guardrails.verdicts import Pass

        who = "/".join(event.path)
        match event:
            case kinds.RunStarted() if event.parent_call_id is None:
                return f"{who}: {'is recorded' if event.is_replayed else 'started'}, {event.model}"
            case kinds.ToolStarted() if event.is_replayed:
                return ""  # it is not called again
            case kinds.ToolStarted():
                return f"{who}: calls {event.name}  {brief_json(event.input, self._width)}"
            case kinds.ToolProgress():
                return f"{who}: {event.name}: {event.message}"
            case kinds.ToolFinished() if event.is_error:
                preview = self._argument_previews.pop(event.call_id, "")
                return f"{who}: {event.name} failed: {failure_text(event)}  {preview}".rstrip()
            case kinds.ToolFinished() if event.is_replayed:
                return f"{who}: {event.name} is recorded  {self._argument_previews.pop(event.call_id, '')}".rstrip()
            case kinds.ToolFinished():
                facts = ", ".join(filter(None, ("answered", self._describe(event), f"{event.duration_s:.1f} s")))
                return f"{who}: {event.name} {facts}  {self._argument_previews.pop(event.call_id, '')}"
            case kinds.ServerToolStarted():
                return f"{who}: the API runs {event.name}  {brief_json(event.input, self._width)}"
            case kinds.ServerToolFinished() if event.is_error:
                return f"{who}: {event.name} failed: {event.text}"
            case kinds.ServerToolFinished():
                found = ", ".join([*(source.url for source in event.sources), *event.tools]) or event.text
                return f"{who}: {event.name} is done  {found}".rstrip()
            case kinds.OutputRejected():
                return f"{who}: its answer did not fit and went back: {event.reason}"
            case kinds.TurnReset():
                return f"{who}: asks again{wait_suffix(event.wait_s)}: {event.reason}"
            case kinds.FellBack():
                return f"{who}: goes on with {event.model}: {event.reason}"
            case VerdictGiven(record=record) if not isinstance(record.verdict, Pass) or record.error:
                said = f": {record.error}" if record.error else ""
                return f"{who}: the guardrail {record.guardrail} says {record.verdict.kind}{said}"
            case kinds.Compacted():
                return f"{who}: its conversation of {event.messages_before} messages became a summary"
            case kinds.RunFinished() if event.parent_call_id is not None and event.reason:
                return f"{who}: {event.outcome}: {event.reason}"
            case _:
                return ""


def _is_failure(event: Event) -> bool:
    """True for events whose line is red: a call or a run of a sub-agent that failed."""
    from agentkit.run import events as kinds

    match event:
        case kinds.ToolFinished() | kinds.ServerToolFinished():
            return event.is_error
        case kinds.RunFinished():
            return str(event.outcome) != "completed"
        case _:
            return False
