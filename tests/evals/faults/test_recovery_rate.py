"""The recovery rate is a ratio of pass rates over the same tasks, with an interval."""

import pytest

from agentkit.evals.faults.recovery_rate import recovery


def test_the_rate_is_paired_by_task() -> None:
    plain = {"a": [1, 1], "b": [1, 0], "only plain": [1, 1], "not judged": []}
    found = recovery({"a": [1, 0], "b": [0, 0], "only faulty": [1], "not judged": [1]}, plain)
    assert found.rate == pytest.approx(0.5 / 1.5)
    assert found.by_task == {"a": (0.5, 1.0), "b": (0.0, 0.5)}
    assert 0 <= found.low <= found.rate <= found.high


def test_an_agent_that_recovers_from_all_keeps_everything() -> None:
    scores = {f"task {i}": [1, 1, i % 2] for i in range(10)}
    found = recovery(scores, scores)
    assert (found.rate, found.low, found.high) == (1, 1, 1)
    assert str(found) == "100% (100% to 100%) of the success without faults"


@pytest.mark.parametrize("plain", [{"a": [0, 0]}, {"b": [1]}, {}])
def test_without_any_success_there_is_nothing_to_recover(plain: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="passed without faults"):
        recovery({"a": [1]}, plain)
