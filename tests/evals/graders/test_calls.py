"""Calls are counted, and a failure has to be followed by a success of the same tool."""

import pytest

from agentkit.errors import DefinitionError
from agentkit.evals.grader import grade_of
from agentkit.evals.graders import at_most_calls, recovered_from
from agentkit.testing.expectations import Call
from tests.evals.trials import trial

pytestmark = pytest.mark.anyio


def call(name: str, error: str | None = None, path: tuple[str, ...] = ("a",), turn: int = 0) -> Call:
    return Call(name, {}, path, error is not None, error or "", turn)


async def test_no_more_calls_than_needed() -> None:
    tried = trial(calls=[call("read"), call("write", "locked"), call("read", path=("a", "b"))])
    assert (await grade_of(at_most_calls(3), tried)).passed
    assert (await grade_of(at_most_calls(1, "write"), tried)).passed
    assert (await grade_of(at_most_calls(1, "read"), tried)).reason == "Expected at most 1 calls of read; there were 2."
    with pytest.raises(DefinitionError):
        at_most_calls(-1)


@pytest.mark.parametrize(
    ("calls", "reason"),
    [
        ([call("write", "File is locked."), call("read"), call("write")], ""),
        ([call("write", "locked"), call("write", "locked"), call("write")], ""),
        ([call("write")], "Expected a call of write that fails with 'Locked'; there is none."),
        ([call("write"), call("write", "locked")], "Expected that write succeeds after the failure: locked"),
        ([call("write", "locked"), call("read")], "Expected that write succeeds after the failure: locked"),
        ([call("write", "full"), call("write")], "Expected a call of write that fails with 'Locked'; there is none."),
    ],
)
async def test_recovery_is_a_later_success_of_the_tool_that_failed(calls: list[Call], reason: str) -> None:
    grade = await grade_of(recovered_from("Locked", "write"), trial(calls=calls, output="I recovered from it."))
    assert (grade.passed, grade.reason) == (not reason, reason)


async def test_any_failure_of_any_tool() -> None:
    assert not (await grade_of(recovered_from(), trial(calls=[call("a", "x"), call("a"), call("b", "y")]))).passed
    assert (
        await grade_of(recovered_from(), trial(calls=[call("a", "x"), call("b", "y"), call("b"), call("a")]))
    ).passed


@pytest.mark.parametrize(("path", "turn", "passed"), [(("a",), 1, False), (("a",), 2, True), (("a", "b"), 1, True)])
async def test_a_call_beside_the_failed_one_is_no_recovery(path: tuple[str, ...], turn: int, passed: bool) -> None:
    tried = trial(calls=[call("read", "x", turn=1), call("read", path=path, turn=turn)])
    assert (await grade_of(recovered_from(), tried)).passed is passed
