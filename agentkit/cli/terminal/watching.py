"""Run an agent from the command line: its events go to a display, Ctrl-C cancels it, and a summary is printed."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol, TypeVar

from agentkit.cli.terminal.interrupts import handle_ctrl_c_in_loop, print_stopping_notice
from agentkit.cli.terminal.plain_lines import PlainLines
from agentkit.cli.terminal.printing import print_message
from agentkit.cli.terminal.progress import DescribeResult
from agentkit.messages.printable import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentkit import Event, RunHandle, RunResult
    from agentkit.models.overriding_client import Client


Out = TypeVar("Out")


class Display(Protocol):
    """Shows a run while it goes on; a context manager around the run."""

    def __enter__(self) -> Display:
        """Start the display."""
        ...

    def __exit__(self, *error: object) -> None:
        """Show the last state and stop."""
        ...

    def show_event(self, event: Event) -> None:
        """Show one event."""
        ...

    def show_stopping(self) -> None:
        """Show that the run is stopping after Ctrl-C. Called in a signal handler."""
        ...


class JsonLines:
    """Prints each event as one line of JSON on stdout."""

    def __enter__(self) -> JsonLines:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def show_event(self, event: Event) -> None:
        """Print the event."""
        print_json_line(event.to_json())

    def show_stopping(self) -> None:
        """See `Display.show_stopping`."""
        print_stopping_notice()


def choose_display(*, as_json: bool, describe: DescribeResult | None = None, max_depth: int | None = None) -> Display:
    """Return a display: JSON lines on request, a live tree on a terminal that can show one, plain lines otherwise.

    Args:
        as_json: Print JSON lines.
        describe: Describes the result of a call. None: the default of the display.
        max_depth: The depth in the tree of agents down to which plain lines are printed. None: no limit.
    """
    if as_json:
        return JsonLines()
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        try:
            from agentkit.cli.terminal.live_tree import LiveTree
        except ModuleNotFoundError:  # rich comes with the extra `cli`
            return PlainLines(describe, max_depth)
        return LiveTree(describe)
    return PlainLines(describe, max_depth)


def watch_run(
    start_run: Callable[[], RunHandle[Out]], display: Display, client: Client | None
) -> tuple[RunResult[Out], float]:
    """Run to the end, or until Ctrl-C cancels the run, and return the result and the seconds that it took.

    Args:
        start_run: Opens the streamed run; called in the event loop.
        display: Shows the events.
        client: The client that the command made for the run, closed at its end. None: nothing to close.
    """
    import anyio

    async def follow() -> RunResult[Out]:
        handle = start_run()
        try:
            with display, handle_ctrl_c_in_loop(handle.cancel, display.show_stopping):
                async with handle:
                    async for event in handle:
                        display.show_event(event)
        finally:
            if client is not None:
                await client.close()
        return handle.result

    began = time.monotonic()
    return anyio.run(follow), time.monotonic() - began


def print_run_report(result: RunResult[object], seconds: float, *, has_cost: bool = True) -> None:
    """Print on stderr what a run left unfinished, its time, tokens and cost, and the reason if it did not complete.

    Args:
        result: The result of the run.
        seconds: The time that it took.
        has_cost: False: the cost is left out, since a tree of it follows.
    """
    for left in result.unfinished:
        print_message(f"unfinished: {'/'.join(left.path)}: {left.name}: {left.reason}")
    for line in _run_summary(result, seconds, has_cost=has_cost):
        print_message(line, "dim")
    if result.reason:
        print_message(f"agentkit: {result.reason}", "" if result.ok else "red")


def count_sub_agent_runs(result: RunResult[object]) -> int:
    """Return the number of sub-agent runs below a run, at any depth."""
    return sum(1 + count_sub_agent_runs(child) for child in result.children)


def _run_summary(result: RunResult[object], seconds: float, *, has_cost: bool) -> list[str]:
    """Return a run in two lines: outcome, sub-agents, requests and time; tokens and cost."""
    usage = result.usage
    runs = count_sub_agent_runs(result)
    done = [
        str(result.outcome),
        *([plural(runs, "sub-agent run")] if runs else []),
        plural(usage.requests, "request"),
        f"{seconds:.1f} s",
    ]
    cost = "cost unknown" if result.cost.usd is None else str(result.cost)
    tokens = f"{usage.prompt_tokens:,} tokens in, {usage.output_tokens:,} out"
    return [" · ".join(done), f"{tokens} · {cost}" if has_cost else tokens]


def result_to_json(result: RunResult[object], output: object) -> dict[str, object]:
    """Return the result without its messages, for the last line of `--json`."""
    return {
        "type": "result",
        "run_id": result.run_id,
        "outcome": str(result.outcome),
        "reason": result.reason,
        "output": output,
        "usage": result.usage.to_json(),
        "cost_usd": result.cost.usd,
        "sub_agent_runs": count_sub_agent_runs(result),
        "unfinished": [asdict(left) for left in result.unfinished],
    }


def print_json_line(facts: Mapping[str, object]) -> None:
    """Print one line of JSON on stdout, and flush it."""
    print(json.dumps(facts, ensure_ascii=False), flush=True)
