"""The key of a trial differs for another agent, task, try, or faults; that of a grade for another grader, too."""

from agentkit import Agent, Settings
from agentkit.evals import PerTask, Task, called
from agentkit.evals.faults import Faults
from agentkit.evals.running.schedule import Try
from agentkit.evals.running.trial_keys import TrialKeys

FIRST, SECOND = Task("a", graders=[called("x")]), Task("b", graders=[called("x"), called("y")])
CLERK = Agent("clerk", model="claude-haiku-5-5")


def keys(**given: object) -> TrialKeys:
    named = {"clerk": CLERK, "made": PerTask(lambda task: Agent("x", model="m", instructions=task.name))}
    return TrialKeys(**{"agents": named, "settings": None, "faults": None, "server": "", "seed": 0, **given})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_each_part_of_a_trial_makes_another_key() -> None:
    tries = [Try(agent, task, number) for agent in ("clerk", "made") for task in (FIRST, SECOND) for number in (1, 2)]
    plain = [keys().of_trial(one) for one in tries]
    assert len({*plain}) == len(tries)
    assert [keys(seed=1).of_trial(one) for one in tries] == plain
    faulty = [keys(faults=Faults(api=0.1), seed=seed).of_trial(tries[0]) for seed in (0, 1)]
    others = [keys(settings=Settings(effort="low")).of_trial(tries[0]), *faulty]
    others.append(keys(server="other").of_trial(tries[0]))
    assert len({*others, *plain}) == len(tries) + 4


def test_a_grade_has_the_key_of_its_trial_and_its_grader() -> None:
    of_first, of_second = keys().of_grades(FIRST, "k"), keys().of_grades(SECOND, "k")
    assert of_first == of_second[:1]
    assert len({*of_second, *keys().of_grades(SECOND, "other")}) == 4
