"""An evaluation knows its statistics, counts judged trials alone, and says which trials failed."""

import math
from typing import Any

import pytest

from agentkit.errors import UsageError
from agentkit.evals import Evaluation, Grade, Trial
from agentkit.evals.evaluation import TaskInfo
from tests.evals.trials import trial


def tries(agent: str, task: str, *passed: bool | None) -> list[Trial[Any]]:
    """Trials that passed, failed, or (None) have a problem."""
    made = [trial(agent=agent, task=task, number=number, cost_usd=0.5) for number in range(1, len(passed) + 1)]
    return [
        one.graded([Grade(bool(way), reason="no tea", grader="tea")], "" if way is not None else "the API is down")
        for one, way in zip(made, passed, strict=True)
    ]


def evaluation(*trials: list[Trial[Any]], **given: Any) -> Evaluation:
    """An evaluation of these trials."""
    every = tuple(one for some in trials for one in some)
    tasks = tuple(TaskInfo(name) for name in dict.fromkeys(one.task for one in every))
    return Evaluation(
        suite="s", tasks=tasks, agents=tuple(dict.fromkeys(one.agent for one in every)), trials=every, **given
    )


TWO = evaluation(
    tries("a", "easy", True, True, None), tries("a", "hard", True, False), tries("b", "easy", True, False, False)
)


def test_statistics_are_of_judged_trials() -> None:
    assert TWO.scores("a") == {"easy": [1.0, 1.0], "hard": [1.0, 0.0]}
    assert TWO.pass_rate("a").value == 0.75
    assert TWO.task_rates("a")["hard"].value == 0.5
    assert math.isnan(TWO.task_rates("b")["hard"].value)
    assert (TWO.pass_at(2, "a"), TWO.pass_hat(2, "a")) == (1.0, 0.5)
    assert math.isnan(TWO.pass_at(3, "a"))
    assert [one.problem for one in TWO.problems] == ["the API is down"]
    assert TWO.cost_usd == 4.0
    compared = TWO.compare("b", "a")
    assert compared.difference.value == pytest.approx(2 / 3)
    assert compared.unpaired == ("hard",)
    assert TWO.flags() == {"hard": "flaky", "easy": "flaky"}
    assert math.isnan(evaluation(tries("a", "easy", None)).pass_rate().value)


def test_an_agent_is_named_where_there_are_several() -> None:
    with pytest.raises(UsageError, match="name one of them, as agent='a'"):
        TWO.pass_rate()
    with pytest.raises(UsageError, match="no agent 'c'"):
        TWO.of("c")
    with pytest.raises(UsageError, match="share from 0 to 1"):
        TWO.check(min_pass_rate=80, agent="a")


def test_a_check_lists_the_trials_that_failed() -> None:
    TWO.check(min_pass_rate=0.75, no_worse_than="b", agent="a")
    listed = r"wanted is 0.8 at least\.\n.*'easy', try 3: not judged: the API is down\n.*tea: no tea"
    with pytest.raises(AssertionError, match=listed):
        TWO.check(min_pass_rate=0.8, agent="a")
    with pytest.raises(AssertionError, match="Not every trial"):
        TWO.check(agent="b")
    good = evaluation(*(tries("a", f"t{number}", *[True] * 3) for number in range(8)))
    bad = evaluation(*(tries("a", f"t{number}", *[False] * 3) for number in range(8)))
    bad.check(min_pass_rate=0, no_worse_than=(bad, "a"))
    with pytest.raises(AssertionError, match="worse than the baseline: -1"):
        bad.check(no_worse_than=(good, "a"))
    with pytest.raises(AssertionError, match="not complete: no money"):
        evaluation(tries("a", "t", True), stopped="no money").check()


def test_a_check_fails_where_nothing_is_known_about_a_task() -> None:
    partly = evaluation(tries("a", "easy", True, None), tries("a", "hard", None, None))
    with pytest.raises(AssertionError, match="could be judged at 1 of 2 tasks"):
        partly.check(min_pass_rate=0.5)
    with pytest.raises(AssertionError, match="could be judged at 1 of 1 tasks"):
        evaluation(tries("a", "easy", None)).check(no_worse_than=(partly, "a"))
    evaluation(tries("a", "easy", True, None)).check(min_pass_rate=1)


def test_tries_that_ended_early_count_as_their_rule_says() -> None:
    early = evaluation(tries("a", "t", *[True] * 5), tries("a", "u", *[True] * 5), until_width=0.6)
    rule = early.stopping_rule
    assert rule is not None
    assert early.task_rates()["t"].low == rule.interval(5, 5)[0]
    assert early.pass_rate().value == 1.0
