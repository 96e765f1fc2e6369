"""The recorded steps of a run as a tree: outcomes, costs, and what was in flight."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from agentkit.budget.charges import Charge, total_cost
from agentkit.budget.usage import Cost, usd_text
from agentkit.cli.terminal.text import brief_json
from agentkit.messages.printable import one_line
from agentkit.tools.reserved_names import ANSWER_TOOL

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

_MAX_CHARS = 200
"""Characters of a text or of arguments; the width of the terminal cuts them further."""
_SHOWN = ("model", "tool", "agent", "try", "check", "verdict", "changes")
"""The kinds of steps that are part of the tree."""
_ENDED, _FAILED, _IN_FLIGHT = "ended", "failed", "in flight"


@dataclass(slots=True)
class StepNode:
    """One step, with the steps of the run that it started."""

    name: str
    """The full name: `tool:toolu_01/model:1`."""
    kind: str = "agent"
    label: str = ""
    """The name of the tool, or of the step."""
    state: str = _IN_FLIGHT
    """`ended`, `failed` or `in flight`."""
    outcome: str = ""
    """The outcome in a few words."""
    detail: str = ""
    """The arguments of a call."""
    effect: str = "read"
    charges: list[JSONObject] = field(default_factory=list["JSONObject"])
    started_s: float | None = None
    """Seconds of work on the run. None: nothing is recorded of the step."""
    ended_s: float | None = None
    place: tuple[int, ...] = ()
    """The place among the steps of the same run. Empty: the last."""
    end: str = ""
    """The outcome of the run that it started. Empty: it started none, or that has not ended."""
    below: list[StepNode] = field(default_factory=list["StepNode"])

    @property
    def cost(self) -> Cost:
        """The cost of the step and everything below it."""
        cost = total_cost(map(Charge.from_json, self.charges))
        for node in self.below:
            cost += node.cost
        return cost

    def line(self) -> str:
        """Return the step as one line: outcome and cost come first, in case the line is cut."""
        usd = self.cost.usd
        cost = "cost unknown" if usd is None else usd_text(usd) if usd else ""
        facts = " · ".join(filter(None, (self.outcome, cost and f"{'up to ' if self._is_lost else ''}{cost}")))
        return "  ".join(filter(None, (self.label, facts, self.detail)))

    @property
    def _is_lost(self) -> bool:
        return self.state == _IN_FLIGHT and bool(self.charges)

    def to_json(self) -> JSONObject:
        """Return the step as a line of JSON, without those below it."""
        return {
            "type": "step",
            "step": self.name,
            "kind": self.kind,
            "label": self.label,
            "state": self.state,
            "outcome": self.outcome,
            "effect": self.effect,
            "detail": self.detail,
            "cost_usd": self.cost.usd,
            "started_s": self.started_s,
            "ended_s": self.ended_s,
        }

    def all_below(self) -> Iterator[StepNode]:
        """Yield the steps below it, each before those below itself."""
        for node in self.below:
            yield node
            yield from node.all_below()


class StepTree:
    """Builds the tree of a run from the lines of its export, in their order.

    Args:
        lines: The lines.
        has_ended: True if the run has ended: nothing of it is in flight.
    """

    def __init__(self, lines: Iterable[str], *, has_ended: bool = False) -> None:
        self.root = StepNode("", state=_ENDED)
        self._nodes = {"": self.root}
        self._calls: dict[tuple[str, int, int], JSONObject] = {}
        """The calls of the recorded replies, by level, number of the model call and place among its calls."""
        self._has_ended = has_ended
        for line in lines:
            self._add(json.loads(line))
        self._add_missing_calls()

    def _add(self, record: JSONObject) -> None:
        name, kind, value = record["name"], record["kind"], record["value"]
        level = name.rpartition("/")[0]
        if kind == "end":
            self._node(level).end = str(value["outcome"])
            self._node(level).charges += record["charges"] or ()
        if kind not in _SHOWN:
            return
        node = self._node(name)
        node.kind, node.effect, node.charges = kind, record["effect"], list(record["charges"] or ())
        node.place = tuple(record["place"][-1])
        node.started_s, node.ended_s = record["started_s"], record["ended_s"]
        is_call = kind in ("tool", "agent")
        node.label = one_line(record["request"].partition("(")[0], _MAX_CHARS) if is_call else _last_part(name)
        if is_call:
            node.detail = _arguments(record["request"])
        if record["phase"] == "intent":
            node.outcome = self._open_text(node)
            return
        node.state, node.outcome = _ENDED, ""
        if kind == "model":
            self._add_reply(node, level, record)
        elif is_call:
            node.state = _FAILED if value.get("is_error") else _ENDED
            node.outcome = node.end or ("failed" if value.get("is_error") else "answered")
        elif kind == "check":
            node.outcome = "sent back" if value.get("reason") else "passed"
        elif kind == "verdict":
            node.outcome = str(value["verdict"]["kind"])
        elif kind == "changes":
            node.label, node.outcome = "the agent has changed", "reported to the model"

    def _add_reply(self, node: StepNode, level: str, record: JSONObject) -> None:
        value = record["value"]
        if "error" in value:
            node.state, node.outcome = _FAILED, f"failed: {one_line(str(value['text']), _MAX_CHARS)}"
            return
        content = value["turn"]["content"]
        calls = [block for block in content if block.get("type") == "tool_use"]
        number = record["place"][-1][0]
        for position, call in enumerate(calls, 1):
            self._calls[level, number, position] = call
        said = " ".join(str(block.get("text", "")) for block in content if block.get("type") == "text")
        names = [one_line(str(call.get("name")), _MAX_CHARS) for call in calls]
        node.outcome = (
            "gave its answer" if ANSWER_TOOL in names else f"calls {', '.join(names)}" if calls else "replied"
        )
        node.detail = "" if calls else one_line(said, _MAX_CHARS)

    def _node(self, name: str) -> StepNode:
        node = self._nodes.get(name)
        if node is None:
            node = self._nodes[name] = StepNode(name, label=_last_part(name))
            self._node(name.rpartition("/")[0]).below.append(node)
        return node

    def _open_text(self, node: StepNode) -> str:
        state = "has no result" if self._has_ended else _IN_FLIGHT
        is_unknown = node.effect == "write" and node.started_s is not None
        return f"{state}, whether it took effect is not known" if is_unknown else state

    def _add_missing_calls(self) -> None:
        """Add the calls of the last replies of which nothing is recorded: calls that only read are not announced."""
        for (level, number, position), call in self._calls.items():
            run, name = self._nodes[level], f"{level}/tool:{call.get('id')}".removeprefix("/")
            has_next = any(_last_part(one.name) == f"model:{number + 1}" for one in run.below)
            is_recorded = any(one.place == (number, position, 0) for one in run.below)
            if not (has_next or is_recorded or call.get("name") == ANSWER_TOOL):
                missing = self._node(name)
                missing.place, missing.label = (number, position, 0), one_line(str(call.get("name")), _MAX_CHARS)
                missing.detail = brief_json(call.get("input"), _MAX_CHARS)
        for node in self._nodes.values():
            node.below.sort(key=lambda one: one.place or (sys.maxsize,))
            if node.state == _IN_FLIGHT and not node.outcome:
                node.outcome = node.end or self._open_text(node)


def _last_part(name: str) -> str:
    return one_line(name.rpartition("/")[2], _MAX_CHARS)


def _arguments(request: str) -> str:
    """Return the arguments of a call as a short text; of what was recorded, only the beginning may be there."""
    text = request.partition("(")[2].removesuffix(")")
    try:
        return brief_json(cast("object", json.loads(text)), _MAX_CHARS)
    except ValueError:
        return one_line(text, _MAX_CHARS)


def tree_lines(node: StepNode, stem: str = "") -> Iterator[tuple[str, str]]:
    """Yield the lines of the steps below a step, each with the state of the step that it shows."""
    for one in node.below:
        is_last = one is node.below[-1]
        yield f"{stem}{'└' if is_last else '├'} {one.line()}", one.state
        yield from tree_lines(one, f"{stem}{' ' if is_last else '│'} ")
