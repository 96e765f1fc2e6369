"""Cuts of a recorded run, and the judgement over the execution that goes on from one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from agentkit import Journal, RunResult
from agentkit.messages.message import JSONObject
from agentkit.tool_calls.recorded_call import OUTCOME_UNKNOWN
from tests.resumption.watched import Execution

_UNKNOWN = OUTCOME_UNKNOWN.partition("Whether")[2][:40]


@dataclass(frozen=True)
class Cut:
    """The first records of a run: it was interrupted there."""

    lines: Sequence[str]
    is_whole: bool
    """True if it is all of the run, its end included."""

    @cached_property
    def records(self) -> list[JSONObject]:
        """The records."""
        return [json.loads(line) for line in self.lines]

    @cached_property
    def recorded(self) -> set[str]:
        """The full names of the steps whose values it holds."""
        return {one["name"] for one in self.records if one["phase"] == "value"}

    @cached_property
    def open_intent(self) -> JSONObject | None:
        """The record of what was about to happen, or happening, when it was interrupted."""
        last = self.records[-1] if self.records else None
        return last if last is not None and last["phase"] == "intent" else None

    def is_below_recorded(self, name: str) -> bool:
        """Return True if a step, or one above it, has its value here."""
        parts = name.split("/")
        return any("/".join(parts[: count + 1]) in self.recorded for count in range(len(parts)))

    def write_to(self, path: Path) -> None:
        """Write it as the run of a new journal."""
        if self.lines:
            Journal(path).import_lines(self.lines)


def cuts_of(lines: Sequence[str]) -> Iterator[Cut]:
    """Yield every cut, from none of the records to all."""
    for count in range(len(lines) + 1):
        yield Cut(lines[:count], count == len(lines) and json.loads(lines[-1])["name"] == "end")


@dataclass
class Judgement:
    """What is wrong with an execution that went on from a cut."""

    first: Execution
    cut: Cut
    again: Execution
    problems: list[str] = field(default_factory=list[str])

    def of_everything(self, *, is_same: bool = True) -> list[str]:
        """Return all problems.

        Args:
            is_same: False for a run whose end depends on more than its records, as on a cancel from outside: only what
                was done counts, unless it had ended.
        """
        self._check_requests()
        self._check_effects()
        if self.cut.open_intent is not None:
            self._check_unknown_outcome(self.cut.open_intent)
        elif (is_same or self.cut.is_whole) and self.first.result is not None:
            self._check_facts()
        return self.problems

    def _check_requests(self) -> None:
        recorded = [one for one in self.first.asked if self.cut.is_below_recorded(one.step)]
        left = Counter(one.body for one in self.first.asked) - Counter(one.body for one in recorded)
        known = {one.body for one in recorded}
        for body, count in Counter(one.body for one in self.again.asked).items():
            if body in known and count > left[body]:
                self.problems.append(f"asked again: {body[-400:]}")
        if self.cut.is_whole and self.again.asked:
            self.problems.append(f"asked {len(self.again.asked)} times after its end")
        for one in self.again.asked:
            if self.cut.is_below_recorded(one.step):
                self.problems.append(f"the recorded step {one.step} asked again")

    def _check_effects(self) -> None:
        for step, what in self.again.executed:
            if self.cut.is_below_recorded(step):
                self.problems.append(f"executed again: {what}, by the recorded step {step}")
        if self.cut.is_whole and self.again.executed:
            self.problems.append(f"executed after its end: {self.again.executed}")

    def _check_unknown_outcome(self, intent: JSONObject) -> None:
        name, result = intent["name"], self.again.result
        if intent["kind"] == "tool":
            if any(step == name for step, _ in self.again.executed):
                self.problems.append(f"the write {name} was made again")
            if result is not None and _UNKNOWN not in str([one.messages for one in _tree(result)]):
                self.problems.append(f"the model does not read that the outcome of {name} is unknown")
        elif result is not None and intent["kind"] == "model":
            lost = sum(charge["usage"]["output_tokens"] for charge in intent["charges"] or ())
            used = sum(charge.usage.output_tokens for one in _tree(result) for charge in one.charges)
            recorded = sum(
                charge["usage"]["output_tokens"]
                for one in self.cut.records
                if one["phase"] == "value" and one["kind"] == "model"
                for charge in one["charges"] or ()
            )
            if used < lost + recorded:
                self.problems.append(f"{used} output tokens are charged, of {recorded} and {lost} that were lost")

    def _check_facts(self) -> None:
        first, again = self.first.facts(), self.again.facts() if self.again.result is not None else {}
        if not again:
            self.problems.append("it has no result")
            return
        if first["result"] != again["result"]:
            self.problems.append(difference(first["result"], again["result"]))
        missing, new = first["events"] - again["events"], again["events"] - first["events"]
        if missing or new:
            self.problems.append(f"events: without {missing}, with {new}")


def difference(first: str, again: str) -> str:
    """Describe the place at which two texts begin to differ."""
    at = next((i for i, (one, other) in enumerate(zip(first, again, strict=False)) if one != other), 0)
    around = slice(max(0, at - 250), at + 300)
    return f"the result was\n    ...{first[around]}...\n  and is\n    ...{again[around]}..."


def _tree(result: RunResult[Any]) -> Iterator[RunResult[Any]]:
    yield result
    for child in result.children:
        yield from _tree(child)
