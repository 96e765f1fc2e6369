"""Messages and calls of a stored trial are read when they are used, and are then as they were."""

import json
from typing import Any

from agentkit.evals import Grade
from agentkit.evals.running.stored_trials import body_of, head_of, record_of, trial_of_record, unpacked, with_work
from agentkit.run.outcome import Outcome
from agentkit.testing.expectations import Call
from tests.evals.trials import trial

MESSAGES: list[dict[str, Any]] = [{"role": "user", "content": "Tee für \udc80?"}, {"role": "assistant", "content": []}]
CALLS = (Call("price", {"item": "tea"}, ("a",), is_error=True, error="none left"),)
MADE = trial(
    {"tea": 4.0},
    transcript=MESSAGES,
    sub_transcripts={"a/b#1": MESSAGES[:1]},
    calls=CALLS,
    outcome=Outcome.MAX_TURNS,
    cost_usd=0.5,
    faults_met={"api": 2},
)


def test_a_stored_trial_reads_its_body_when_it_is_used() -> None:
    reads: list[int] = []

    def read() -> dict[str, object]:
        reads.append(1)
        return unpacked(body_of(MADE))

    head = json.loads(json.dumps(head_of(MADE)))
    stored = with_work(trial(), head, read, output=MADE.output)
    assert reads == []
    assert (stored.outcome, stored.cost_usd, stored.faults_met) == (Outcome.MAX_TURNS, 0.5, {"api": 2})
    assert stored.transcript == MESSAGES
    assert [*stored.transcript] == MESSAGES
    assert (len(stored.transcript), stored.transcript[0], stored.transcript[1:]) == (2, MESSAGES[0], MESSAGES[1:])
    assert stored.calls == CALLS
    assert dict(stored.sub_transcripts) == MADE.sub_transcripts
    assert reads


def test_a_record_has_task_and_grades() -> None:
    graded = MADE.graded([Grade(True, "fine", 0.5, "g")])
    again = trial_of_record(json.loads(json.dumps(record_of(graded))), lambda: unpacked(body_of(MADE)))
    assert (again.task, again.agent, again.number, again.input) == ("t", "a", 1, "?")
    assert (again.grades, again.passed, again.output) == (graded.grades, True, {"tea": 4.0})


def test_an_output_without_an_end_or_a_text_is_stored_by_its_type() -> None:
    class Silent:
        def __repr__(self) -> str:
            raise RuntimeError

    endless: list[object] = []
    endless.append(endless)
    outputs = [record_of(trial(output, input=output))["output"] for output in (endless, Silent(), {"a": {1}})]
    assert outputs == ["<list>", "<Silent>", {"a": [1]}]
