"""Cuts of a recorded run, and the judgement over the execution that goes on from one."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

from agentkit import Journal, Outcome, RunResult
from agentkit.journal.levels import has_ended, prefix_of
from agentkit.messages.message import Content, JSONObject
from agentkit.tool_calls.recorded_call import OUTCOME_UNKNOWN
from tests.resumption.watched import Execution

_UNKNOWN = OUTCOME_UNKNOWN.partition("Whether")[2][:40]


@dataclass(frozen=True)
class Cut:
    """Some records of a run: it was interrupted when these were written."""

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
    def _closed(self) -> set[str]:
        """The full names of the recorded steps below which nothing goes on: a start in the background is none."""
        running = {one["name"] for one in self.records if '"state":"running"' in str(one["value"].get("content"))}
        return self.recorded - running

    @cached_property
    def open_intents(self) -> list[JSONObject]:
        """The records of what was about to happen, or happening, when it was interrupted."""
        return [one for one in self.records if one["phase"] == "intent" and not self.is_below_recorded(one["name"])]

    def is_below_recorded(self, name: str) -> bool:
        """Return True if a step, one above it, or the run that it belongs to, has its value or its end here."""
        *above, _ = accumulate(name.split("/"), "{}/{}".format)
        return name in self.recorded or not self._closed.isdisjoint(above) or has_ended(prefix_of(name), self.recorded)

    def write_to(self, path: Path) -> None:
        """Write it as the run of a new journal."""
        if self.lines:
            Journal(path).import_lines(self.lines)

    def __str__(self) -> str:
        last = self.records[-1] if self.records else {"phase": "nothing", "name": ""}
        return f"after {len(self.lines)} records, {last['phase']} of {last['name']}"


def refuse_recorded(again: Execution, first: Execution, cut: Cut) -> None:
    """Let the server of an execution that goes on from a cut refuse every request that this holds."""
    again.held = Counter(one.body for one in first.asked if cut.is_below_recorded(one.step))
    sent = Counter(one.body for one in first.asked)
    again.allowed = {body: sent[body] - count for body, count in again.held.items()}


def cuts_of(lines: Sequence[str]) -> Iterator[Cut]:
    """Yield every cut of an export, from none of the records to all."""
    for count in range(len(lines) + 1):
        yield Cut(lines[:count], count == len(lines) and json.loads(lines[-1])["name"] == "end")


def cut_at_moment(lines: Sequence[str], written: Sequence[tuple[str, str]]) -> Cut:
    """Return the cut that a process leaves which dies when these records are on disk, whatever their order."""
    known, kept = set(written), [json.loads(line) for line in lines]
    held = [line for line, one in zip(lines, kept, strict=True) if (one["phase"], one["name"]) in known]
    return Cut(held, ("value", "end") in known)


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
        unknown = [one for one in self.cut.open_intents if one["key"] not in self.again.reconciled]
        for intent in unknown:
            self._check_unknown_outcome(intent)
        if not unknown and (is_same or self.cut.is_whole) and self.first.result is not None:
            self._check_facts(is_same=is_same)
        return [f"{self.cut}: {problem}" for problem in self.problems]

    def _check_requests(self) -> None:
        self.problems += [f"asked again: {body[-400:]}" for body in self.again.refused]
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
            has_read = any(_UNKNOWN in text for text in self._texts_for(intent["key"]))
            if not has_read and result is not None and not _was_cancelled(result, intent["key"]):
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

    def _texts_for(self, key: str) -> Iterator[str]:
        """Yield what a model reads as the result of the call with this key."""
        key = re.sub(r"@\d+\+*$", "", key)  # the id of its block, which an earlier turn has had, too
        left = () if self.again.result is None else (one.messages for one in _tree(self.again.result))
        told = [*(one.messages for one in self.again.asked), *left]
        for message in (message for messages in told for message in messages):
            content: Content = message["content"]
            for block in () if isinstance(content, str) else content:
                if block["type"] == "tool_result" and key.endswith(f":{block['tool_use_id']}"):
                    yield str(block)

    def _check_facts(self, *, is_same: bool) -> None:
        first, again = self.first.facts(), self.again.facts() if self.again.result is not None else {}
        if not again:
            self.problems.append("it has no result")
            return
        if first["result"] != again["result"]:
            self.problems.append(difference(first["result"], again["result"]))
        missing, new = first["events"] - again["events"], again["events"] - first["events"]
        if not is_same:  # what cut a run off: its reader may not have got the last events, and a request has no record
            missing = Counter({one: n for one, n in missing.items() if '"turn_reset"' not in one})
        if missing or (new and is_same):
            self.problems.append(f"events: without {missing}, with {new}")


def difference(first: str, again: str) -> str:
    """Describe the place at which two texts begin to differ."""
    at = next((i for i, (one, other) in enumerate(zip(first, again, strict=False)) if one != other), 0)
    around = slice(max(0, at - 250), at + 300)
    return f"the result was\n    ...{first[around]}...\n  and is\n    ...{again[around]}..."


def _was_cancelled(result: RunResult[Any], key: str) -> bool:
    """Return True if the run of the call with this key, or one above it, was stopped before it could go on."""
    return any(one.outcome is Outcome.CANCELLED and key.startswith(one.run_id) for one in _tree(result))


def _tree(result: RunResult[Any]) -> Iterator[RunResult[Any]]:
    yield result
    for child in result.children:
        yield from _tree(child)
