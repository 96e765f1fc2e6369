"""Accumulate a run's events into a tree of runs and their calls, from which displays draw."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from agentkit.budget.usage import Cost
from agentkit.cli.terminal.failures import failure_text
from agentkit.cli.terminal.text import brief_json
from agentkit.messages.printable import one_line

if TYPE_CHECKING:
    from agentkit import Event, ToolFinished
    from agentkit.messages.message import JSONObject

_MAX_ARGUMENT_CHARS = 200

DescribeResult: TypeAlias = "Callable[[ToolFinished], str]"
"""Describes the result of a finished call in two or three words; an empty text shows nothing."""


def describe_nothing(_: ToolFinished) -> str:
    """Return an empty description for every call."""
    return ""


def wait_suffix(wait_s: float) -> str:
    """Return ` in N s` for a wait of a second or more, else an empty text."""
    return f" in {wait_s:.0f} s" if wait_s >= 1 else ""


@dataclass(slots=True)
class CallNode:
    """One tool call of an agent."""

    name: str
    input: JSONObject
    is_agent: bool
    started_s: float
    state: str = "running"
    """`running`, `ok` or `error`."""
    duration_s: float = 0.0
    message: str = ""
    """The latest progress message, or the error."""
    result_summary: str = ""
    """The description of the result, in two or three words."""
    child: RunNode | None = None
    """The run that the call started. None: the tool is no agent, or its run has not started."""
    by_server: bool = False
    """True if the API executes the call itself."""

    @property
    def is_dropped_with_reply(self) -> bool:
        """True if nothing more will be heard of the call once the reply that made it was dropped."""
        return self.by_server and self.state == "running"


@dataclass(slots=True)
class RunNode:
    """One run in the tree."""

    agent: str
    model: str
    started_s: float
    turns: int = 0
    tokens: int = 0
    """Prompt and output tokens of its own turns so far; once it is over, of all runs below it too."""
    cost: Cost = Cost()
    """The cost of `tokens`."""
    outcome: str = ""
    """The name of the outcome. Empty: the run goes on."""
    reason: str = ""
    """The reason for the outcome; empty where there is none."""
    turn_text: str = ""
    """Text of the current turn so far."""
    previous_text: str = ""
    """Text of the latest earlier turn that had any."""
    retry_reason: str = ""
    """The reason for repeating a model call. Empty: the call is not a retry."""
    calls: dict[str, CallNode] = field(default_factory=dict[str, CallNode])
    duration_s: float = 0.0

    def tokens_and_cost(self) -> tuple[int, float | None]:
        """Return the tokens and US dollars of this run and all runs below it. None: the cost is not known."""
        if self.outcome:
            return self.tokens, self.cost.usd
        tokens, cost = self.tokens, self.cost
        for child in (call.child for call in self.calls.values() if call.child):
            more, usd = child.tokens_and_cost()
            tokens, cost = tokens + more, cost + Cost(usd)
        return tokens, cost.usd

    def distinct_arguments(self, call: CallNode) -> str:
        """Return a call's arguments as a short text, without those that all calls of its tool share.

        A single remaining text argument is given without its name.
        """
        others = [other.input for other in self.calls.values() if other.name == call.name and other is not call]
        own = {
            name: value
            for name, value in call.input.items()
            if not others or any(name not in other or other[name] != value for other in others)
        }
        if others and len(own) == 1 and isinstance(only := next(iter(own.values())), str):
            return one_line(only, _MAX_ARGUMENT_CHARS)
        return brief_json(own or call.input, _MAX_ARGUMENT_CHARS)


class RunTree:
    """The tree of runs: add every event, and read the current state from `root`."""

    def __init__(self, describe: DescribeResult | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._describe = describe
        self.root: RunNode | None = None
        self._nodes: dict[str, RunNode] = {}

    def add_event(self, event: Event) -> None:
        """Add one event. Events that the tree does not show change nothing."""
        from agentkit.run import events as kinds

        node = self._nodes.get(event.run_id)
        match event:
            case kinds.RunStarted():
                self._add_run(event.run_id, event.parent_call_id, RunNode(event.path[-1], event.model, self.clock()))
            case _ if node is None:
                pass
            case kinds.TurnStarted():
                node.previous_text, node.turn_text = node.turn_text or node.previous_text, ""
                node.turns, node.retry_reason = event.turn, ""
            case kinds.TurnReset():
                for call_id in [call_id for call_id, call in node.calls.items() if call.is_dropped_with_reply]:
                    del node.calls[call_id]
                node.turn_text, node.retry_reason = "", f"asks again{wait_suffix(event.wait_s)}: {event.reason}"
            case kinds.FellBack():
                node.model = event.model
            case kinds.TextDelta():
                node.turn_text, node.retry_reason = node.turn_text + event.text, ""
            case kinds.TurnFinished():
                node.tokens += event.usage.prompt_tokens + event.usage.output_tokens
                node.cost += event.cost
                node.turn_text = node.turn_text or event.text
            case kinds.ToolStarted():
                node.calls[event.call_id] = CallNode(event.name, event.input, event.is_agent, self.clock())
            case kinds.ToolProgress() if event.call_id in node.calls:
                node.calls[event.call_id].message = event.message
            case kinds.ToolFinished() if event.call_id in node.calls:
                call = node.calls[event.call_id]
                call.state, call.duration_s = "error" if event.is_error else "ok", event.duration_s
                call.message = failure_text(event) if event.is_error else ""
                call.result_summary = "" if event.is_error else self._summarize_result(call, event)
            case kinds.ServerToolStarted():
                node.calls[event.call_id] = CallNode(event.name, event.input, False, self.clock(), by_server=True)
            case kinds.ServerToolFinished() if event.call_id in node.calls:
                call = node.calls[event.call_id]
                call.state, call.duration_s = "error" if event.is_error else "ok", self.clock() - call.started_s
                call.message = event.text if event.is_error else ""
            case kinds.RunFinished():
                node.outcome, node.duration_s = str(event.outcome), self.clock() - node.started_s
                node.reason = event.reason
                node.tokens, node.cost = event.usage.prompt_tokens + event.usage.output_tokens, event.cost
            case _:
                pass

    def _summarize_result(self, call: CallNode, event: ToolFinished) -> str:
        if self._describe is not None:
            return self._describe(event)
        return one_line(event.text, _MAX_ARGUMENT_CHARS) if call.is_agent else ""

    def runs(self) -> Iterator[RunNode]:
        """Yield every run of the tree, the root first."""
        yield from self._nodes.values()

    def _add_run(self, run_id: str, parent_call_id: str | None, node: RunNode) -> None:
        self._nodes[run_id] = node
        parent = self._nodes.get(run_id.rpartition("/")[0]) if parent_call_id else None
        if parent is None:
            self.root = self.root or node
        elif parent_call_id in parent.calls:
            parent.calls[parent_call_id].child = node
