"""The end of a run as a step: it comes back whole, and completes a rebuilt result."""

from __future__ import annotations

import json

import pytest

from agentkit import ModelError, Outcome, RunResult
from agentkit.budget.charges import Charge
from agentkit.budget.prices import Price
from agentkit.budget.usage import Usage
from agentkit.loop.actions import Finish
from agentkit.loop.durable.run_end import EndStep, RunEnd
from agentkit.run.steps import InMemorySteps
from tests.run.test_steps import Recording, Replaying

CHARGE = Charge("claude-haiku-5-5", Price(1, 5), Usage(aborted_requests=1, input_tokens=10, output_tokens=5))
ERROR = ModelError("Overloaded.", kind="overloaded_error", status=529, is_retryable=True, retry_after_s=2.0)
CHILD = RunEnd(Outcome.CANCELLED, "Cut off.", "claude-haiku-5-5", unrecorded_charges=(CHARGE,))
END = RunEnd(
    Outcome.FAILED,
    "Overloaded.",
    "claude-opus-5-5",
    ERROR,
    Finish(Outcome.FAILED, "Overloaded."),
    is_out_of_time=True,
    actions=3,
    has_answer=False,
    unrecorded_charges=(CHARGE,),
    children={"toolu_1": CHILD},
)


def test_it_comes_back_whole() -> None:
    value = json.loads(json.dumps(END.to_json()))
    again = RunEnd.from_json(value)
    assert again.to_json() == END.to_json()
    assert str(again.error) == str(ERROR)
    assert again.children["toolu_1"].unrecorded_charges == (CHARGE,)
    assert not again.children["toolu_1"].was_reported
    assert value["charges"] == [CHARGE.to_json()] * 2


def test_a_rebuilt_result_gets_outcome_error_and_lost_charges() -> None:
    rebuilt: RunResult[str] = RunResult(run_id="r", agent="a", outcome=Outcome.CANCELLED, charges=(CHARGE,))
    told = END.apply_to(rebuilt)
    assert (told.outcome, told.reason, told.error) == (Outcome.FAILED, "Overloaded.", ERROR)
    assert told.own_usage.aborted_requests == 2


@pytest.mark.anyio
async def test_it_is_recorded_once_and_found_again() -> None:
    assert EndStep.reserve(InMemorySteps()) is None
    recording = Recording()
    step = EndStep.reserve(recording)
    assert step is not None
    assert await step.recorded() is None
    await step.record(END)
    again = EndStep.reserve(Replaying(recording.journal))
    assert again is not None
    found = await again.recorded()
    assert found is not None
    assert found.to_json() == END.to_json()
