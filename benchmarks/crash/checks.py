"""What has to hold of a run that was killed and resumed: each problem is one sentence."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.crash.model import numbers_in, without_numbers

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from benchmarks.crash.effects import Effects
    from benchmarks.crash.play import PlayedRun

ANSWER = "Well. At last the honey is bought for 5 EUR."
WRITES, NOTES = 7, 9
"""The calls of a whole run that write, and those that are idempotent."""
_UNKNOWN = "Whether the call took effect is not known"


@dataclass(frozen=True, slots=True)
class Figures:
    """What was done in one run, and what was recorded of it."""

    replies: int
    """The requests that the server has answered."""
    recorded_replies: int
    starts: int
    """The calls that have started, each as often as it did."""
    recorded_calls: int
    keyed: int
    """The effects behind a key."""
    writes: int
    unknown: int
    """The `write` calls of which the model has read that their outcome is unknown."""
    spent_usd: float
    """By the ledger of the server."""
    counted_usd: float
    """As the result of the run has it."""

    @classmethod
    def of(cls, run: PlayedRun, effects: Effects) -> Figures:
        """Count."""
        values = [one for one in run.records if one["phase"] == "value"]
        return cls(
            len(run.model.asked),
            sum(one["kind"] == "model" for one in values),
            len(effects.starts(run.run_id)),
            sum(one["kind"] == "tool" for one in values),
            len(effects.keys(run.run_id)),
            effects.writes(run.run_id).total(),
            sum(_is_unknown(one) for one in values),
            run.model.simulator.ledger.usd or 0.0,
            run.result["cost_usd"],
        )


def problems_of(run: PlayedRun, effects: Effects) -> list[str]:
    """Return all that is wrong with a run."""
    return [
        *_problems_of_end(run),
        *_problems_of_calls(run, effects),
        *_problems_of_effects(run, effects),
        *_problems_of_requests(run),
        *_problems_of_spending(run),
    ]


def _problems_of_end(run: PlayedRun) -> Iterator[str]:
    result, simulator = run.result, run.model.simulator
    answer = without_numbers(result["answer"])
    if run.is_short_of_budget:
        if result["outcome"] != "budget_exhausted":
            yield f"it ended {result['outcome']} ({result['reason']}) although the budget does not suffice"
    elif (result["outcome"], answer) != ("completed", ANSWER):
        yield f"it ended {result['outcome']} ({result['reason']}) with {answer!r}"
    elif result["children"] != ["completed"] * 3:
        yield f"its sub-agents ended {result['children']}"
    if simulator.failures or simulator.refusals:
        yield f"the server has failed, or refused requests: {simulator.failures} {simulator.refusals}"
    if len({launch.hash_seed for launch in run.launches}) != len(run.launches):
        yield "two processes had the same seed of hashes"


def _problems_of_calls(run: PlayedRun, effects: Effects) -> Iterator[str]:
    """Yield the calls that have started after their result was recorded, or twice in one process."""
    started = Counter((start.launch, start.key, start.tool) for start in effects.starts(run.run_id))
    for (number, key, tool), count in started.items():
        launch = run.launches[number - 1]
        if key in launch.recorded:
            yield f"`{tool}` {key} was recorded, and started again in process {number}"
        if tool == "pay" and key in launch.announced:
            yield f"`{tool}` {key} may have taken effect, and was made again in process {number}"
        if count > 1:
            yield f"`{tool}` {key} started {count} times in process {number}"


def _problems_of_effects(run: PlayedRun, effects: Effects) -> Iterator[str]:
    writes, keys = effects.writes(run.run_id), effects.keys(run.run_id)
    calls = [one for one in run.records if one["kind"] == "tool" and one["phase"] == "value"]
    for one in calls:
        count, is_unknown = writes[one["key"]], _is_unknown(one)
        if one["effect"] == "write" and not (count == 1 or (is_unknown and count == 0)):
            yield f"the effect of {one['name']} took place {count} times"
        if one["effect"] == "idempotent" and one["key"] not in keys:
            yield f"the effect of {one['name']} did not take place"
    known = {one["key"] for one in calls}
    if stray := [key for key in (*writes, *keys) if key not in known]:
        yield f"effects took place that no recorded call has: {stray}"
    wanted = Counter({"write": WRITES, "idempotent": NOTES})
    found = Counter(one["effect"] for one in calls if one["effect"] != "read")
    if not run.is_short_of_budget and found != wanted:
        yield f"its calls with an effect are {found}, not {wanted}"


def _problems_of_requests(run: PlayedRun) -> Iterator[str]:
    """Yield the requests that were asked again after their reply was recorded."""
    asked = run.model.asked
    last = {question: number for number, question in enumerate(asked, 1)}
    for one in run.records:
        is_reply = one["kind"] == "model" and one["phase"] == "value"
        if is_reply and one["value"].get("error") != "OverBudget":
            numbers = numbers_in(_own_text(one["value"]))
            if len(numbers) != 1:
                yield f"{one['name']} holds no reply of the server, or several: {numbers}"
            elif last[asked[numbers[0] - 1]] != numbers[0]:
                yield f"{one['name']} is recorded, and was asked again: {asked[numbers[0] - 1]}"


def _problems_of_spending(run: PlayedRun) -> Iterator[str]:
    ledger, result, budget = run.model.simulator.ledger, run.result, run.budget
    spent = ledger.usd or 0.0
    if spent > budget["max_cost_usd"] or len(ledger.rows) > budget["max_requests"]:
        yield f"by the ledger it has spent {spent} USD in {len(ledger.rows)} requests, over the budget {budget}"
    if spent > result["cost_usd"] + 1e-9 or ledger.usage.requests > result["requests"]:
        yield (
            f"it has counted {result['cost_usd']} USD and {result['requests']} requests; the ledger has {spent} and "
            f"{ledger.usage.requests}"
        )


def _is_unknown(record: JSONObject) -> bool:
    return record["kind"] == "tool" and _UNKNOWN in json.dumps(record["value"])


def _own_text(value: JSONObject) -> str:
    """Return what the server has said, in a reply or in an error."""
    return json.dumps(value["turn"]["content"] if "turn" in value else value["text"])
