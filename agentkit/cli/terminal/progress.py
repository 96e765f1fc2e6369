"""Accumulate a run's events into a tree of runs and their calls, from which displays draw."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from agentkit.budget.usage import Cost
from agentkit.cli.terminal.text import brief_json, one_line

if TYPE_CHECKING:
    from agentkit import Event, ToolFinished
    from agentkit.messages.message import JSONObject

_ARGUMENTS = 200

Describe: TypeAlias = "Callable[[ToolFinished], str]"
"""Describes the result of a finished call in two or three words; an empty text shows nothing."""


def say_nothing(_: ToolFinished) -> str:
    """Return an empty description for every call."""
    return ""


def in_seconds(wait_s: float) -> str:
    """Return ` in N s` for a wait of a second or more, else an empty text."""
    return f" in {wait_s:.0f} s" if wait_s >= 1 else ""


@dataclass(slots=True)
class Call:
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
    brought: str = ""
    """The description of the result, in two or three words."""
    child: Branch | None = None
    """The run that the call started. None: the tool is no agent, or its run has not started."""


@dataclass(slots=True)
class Branch:
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
    text: str = ""
    """Text of the current turn so far."""
    said: str = ""
    """Text of the latest earlier turn that had any."""
    trouble: str = ""
    """The reason for repeating a model call. Empty: the call is not a retry."""
    calls: dict[str, Call] = field(default_factory=dict[str, Call])
    duration_s: float = 0.0

    def spent(self) -> tuple[int, float | None]:
        """Return the tokens and US dollars of this run and all runs below it. None: the cost is not known."""
        if self.outcome:
            return self.tokens, self.cost.usd
        tokens, cost = self.tokens, self.cost
        for child in (call.child for call in self.calls.values() if call.child):
            more, usd = child.spent()
            tokens, cost = tokens + more, cost + Cost(usd)
        return tokens, cost.usd

    def arguments(self, call: Call) -> str:
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
            return one_line(only, _ARGUMENTS)
        return brief_json(own or call.input, _ARGUMENTS)


class Progress:
    """The tree of runs: add every event, and read the current state from `root`."""

    def __init__(self, describe: Describe | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._describe = describe
        self.root: Branch | None = None
        self._branches: dict[str, Branch] = {}

    def feed(self, event: Event) -> None:
        """Add one event. Events that the tree does not show change nothing."""
        from agentkit.run import events as kinds

        branch = self._branches.get(event.run_id)
        match event:
            case kinds.RunStarted():
                self._start(event.run_id, event.parent_call_id, Branch(event.path[-1], event.model, self.clock()))
            case _ if branch is None:
                pass
            case kinds.TurnStarted():
                branch.said, branch.text = branch.text or branch.said, ""
                branch.turns, branch.trouble = event.turn, ""
            case kinds.TurnReset():
                branch.text, branch.trouble = "", f"asks again{in_seconds(event.wait_s)}: {event.reason}"
            case kinds.FellBack():
                branch.model = event.model
            case kinds.TextDelta():
                branch.text, branch.trouble = branch.text + event.text, ""
            case kinds.TurnFinished():
                branch.tokens += event.usage.prompt_tokens + event.usage.output_tokens
                branch.cost += event.cost
                branch.text = branch.text or event.text
            case kinds.ToolStarted():
                branch.calls[event.call_id] = Call(event.name, event.input, event.is_agent, self.clock())
            case kinds.ToolProgress() if event.call_id in branch.calls:
                branch.calls[event.call_id].message = event.message
            case kinds.ToolFinished() if event.call_id in branch.calls:
                call = branch.calls[event.call_id]
                call.state, call.duration_s = "error" if event.is_error else "ok", event.duration_s
                call.message = event.text if event.is_error else ""
                call.brought = "" if event.is_error else self._brought(call, event)
            case kinds.RunFinished():
                branch.outcome, branch.duration_s = str(event.outcome), self.clock() - branch.started_s
                branch.reason = event.reason
                branch.tokens, branch.cost = event.usage.prompt_tokens + event.usage.output_tokens, event.cost
            case _:
                pass

    def _brought(self, call: Call, event: ToolFinished) -> str:
        if self._describe is not None:
            return self._describe(event)
        return one_line(event.text, _ARGUMENTS) if call.is_agent else ""

    def runs(self) -> Iterator[Branch]:
        """Yield every run of the tree, the root first."""
        yield from self._branches.values()

    def _start(self, run_id: str, parent_call_id: str | None, branch: Branch) -> None:
        self._branches[run_id] = branch
        parent = self._branches.get(run_id.rpartition("/")[0]) if parent_call_id else None
        if parent is None:
            self.root = self.root or branch
        elif parent_call_id in parent.calls:
            parent.calls[parent_call_id].child = branch
