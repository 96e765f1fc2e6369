"""Agents whose probability of success is known: what an evaluation says of them is the truth.

An agent of strength s passes a task of difficulty d with the probability 1 / (1 + exp(d - s)), by its own luck at each
try. Where exactly one of two agents passes, the odds are then those of Bradley and Terry, whatever the task.
"""

import hashlib
import itertools
import math
import random
from dataclasses import dataclass
from statistics import fmean

import pytest

from agentkit import Agent
from agentkit.evals import Evaluation, Task, Trial, evaluate
from agentkit.evals.reports.ladder import rating_ladders
from agentkit.evals.scripted_model import ScriptedModel
from agentkit.messages.message import text_of
from agentkit.messages.request import Request
from agentkit.simulator import Reply

pytestmark = pytest.mark.anyio

STRENGTHS = {"weak": -0.8, "middle": 0.1, "strong": 1.0}


def chance_of(strength: float, difficulty: float) -> float:
    return 1 / (1 + math.exp(difficulty - strength))


@dataclass(frozen=True)
class Lucky:
    """Answers rightly with the chance that its strength gives it."""

    strength: float

    def __call__(self, request: Request) -> Reply:
        difficulty = float(text_of(request.messages[0].content).split()[-1])
        digest = hashlib.sha256(request.sender.encode()).digest()
        drawn = int.from_bytes(digest[:8]) / 2**64
        return Reply.text("right" if drawn < chance_of(self.strength, difficulty) else "wrong")


def is_right(trial: Trial) -> bool:
    return trial.output == "right"


AGENTS = {name: Agent(name, model=ScriptedModel(name, Lucky(strength))) for name, strength in STRENGTHS.items()}


def draw_difficulties(count: int, seed: int) -> list[float]:
    luck = random.Random(f"difficulties {seed}")
    return [round(luck.gauss(0, 1), 6) for _ in range(count)]


MANY_TASKS = draw_difficulties(4_000, seed=-1)


async def evaluate_known(difficulties: list[float], tries: int, seed: int, until_width: float | None) -> Evaluation:
    tasks = [Task(f"Difficulty {one}", graders=[is_right], name=f"{place}") for place, one in enumerate(difficulties)]
    most = None if until_width else tries
    return await evaluate(AGENTS, tasks, tries=most, seed=seed, until_width=until_width, concurrency=32)


def wrong_statements(evaluation: Evaluation, difficulties: list[float]) -> dict[str, bool]:
    """For each kind of statement whether it misses the truth."""
    chances = {name: [chance_of(s, one) for one in difficulties] for name, s in STRENGTHS.items()}
    everywhere = {name: fmean(chance_of(s, one) for one in MANY_TASKS) for name, s in STRENGTHS.items()}
    missed: dict[str, bool] = {}
    for name in STRENGTHS:
        rate = evaluation.pass_rate(name)
        missed[f"rate of {name}"] = not rate.low <= everywhere[name] <= rate.high
        of_tasks = evaluation.task_rates(name).values()
        out = sum(not one.low <= chance <= one.high for one, chance in zip(of_tasks, chances[name], strict=True))
        missed[f"tasks of {name}"] = out > max(2, 0.15 * len(difficulties))
        for k in (1, 2, 3) if evaluation.until_width is None else ():
            deviations = (
                evaluation.pass_hat(k, name) - fmean(one**k for one in chances[name]),
                evaluation.pass_at(k, name) - fmean(1 - (1 - one) ** k for one in chances[name]),
            )
            missed[f"k={k} of {name}"] = max(map(abs, deviations)) > 0.12
    for one, other in itertools.pairwise(STRENGTHS):
        found = evaluation.compare(one, other)
        truth = everywhere[other] - everywhere[one]
        missed[f"{one} and {other}"] = not found.difference.low <= truth <= found.difference.high
    if evaluation.until_width is None:
        mean = fmean(STRENGTHS.values())
        for name, rating in rating_ladders(evaluation)[0].ratings.items():
            missed[f"rating of {name}"] = not rating.low <= STRENGTHS[name] - mean <= rating.high
    return missed


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_whole_way_from_trials_to_ratings_finds_the_truth() -> None:
    difficulties = draw_difficulties(16, seed=0)
    evaluation = await evaluate_known(difficulties, 6, seed=0, until_width=None)
    assert len(evaluation.trials) == 3 * 16 * 6
    missed = wrong_statements(evaluation, difficulties)
    assert [what for what, is_wrong in missed.items() if is_wrong] == []
    assert evaluation.compare("weak", "strong").p_value < 0.01
    ratings = rating_ladders(evaluation)[0].ratings
    assert ratings["weak"].strength < ratings["middle"].strength < ratings["strong"].strength


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_tries_that_end_early_find_the_truth_too() -> None:
    difficulties = draw_difficulties(6, seed=1)
    evaluation = await evaluate_known(difficulties, 0, seed=1, until_width=0.75)
    assert len({len(trials) for trials in evaluation.task_trials("weak").values()}) > 1, "some ended before others"
    missed = wrong_statements(evaluation, difficulties)
    assert [what for what, is_wrong in missed.items() if is_wrong] == []


@pytest.mark.soak
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("until_width", [None, 0.6])
async def test_each_statement_is_wrong_as_seldom_as_it_says(until_width: float | None) -> None:
    counts: dict[str, int] = {}
    rounds = 60
    for seed in range(rounds):
        difficulties = draw_difficulties(16, seed)
        evaluation = await evaluate_known(difficulties, 6, seed, until_width)
        for what, is_wrong in wrong_statements(evaluation, difficulties).items():
            counts[what] = counts.get(what, 0) + is_wrong
    # At 5% errors, more than 9 of 60 come once in 700 times.
    assert {what: count for what, count in counts.items() if count > 9} == {}
