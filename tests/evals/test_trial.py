"""A trial passes when every grader passed it, and says nothing about the agent where it is not judged."""

from agentkit.evals import Grade
from tests.evals.trials import trial


def test_it_passes_when_every_grader_passed_it() -> None:
    one = trial()
    assert not one.is_judged
    assert not one.passed
    assert one.graded([Grade(True), Grade(True)]).passed
    mixed = one.graded([Grade(True), Grade(False, score=0.5)])
    assert (mixed.is_judged, mixed.passed, mixed.score) == (True, False, 0.75)


def test_a_trial_with_a_problem_has_neither_passed_nor_failed() -> None:
    one = trial().graded([Grade(True)], problem="the API is down")
    assert (one.is_judged, one.passed, one.score) == (False, False, 0.0)
