"""The grader that is a model: a rubric, judged in a conversation of its own, with reasons before the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.agents.agent import Agent
from agentkit.errors import DefinitionError
from agentkit.evals.grade import Grade
from agentkit.messages.message import text_block
from agentkit.patterns.escalation.grader import GRADER_MODEL, fenced_block, grading_agent, is_grader
from agentkit.tools.serialization import json_text

if TYPE_CHECKING:
    from agentkit.evals.task import AnyAgent
    from agentkit.evals.trial import AnyTrial, WorldView
    from agentkit.messages.message import Block
    from agentkit.models.model import Model
    from agentkit.models.overriding_client import Client
    from agentkit.run.settings import Settings

_STATE = "The state of the world after the work. What the answer claims counts only as far as it is to be seen here:"


@dataclass(frozen=True, slots=True)
class _Rubric:
    criteria: tuple[str, ...]
    judges: tuple[AnyAgent, ...] = field(repr=False)
    state: WorldView | None = field(repr=False)

    async def __call__(self, trial: AnyTrial) -> Grade:
        prompt = _judging_prompt(trial, None if self.state is None else self.state(trial.world))
        judged = [(await judge.run(prompt)).output for judge in self.judges]
        unmet = [one.reason.strip() or "no reason was given" for one in judged if not one.correct]
        reasons = unmet or [one.reason.strip() for one in judged]
        return Grade(not unmet, " ".join(reasons), 1 - len(unmet) / len(judged))


def rubric(
    criteria: str | Sequence[str] | AnyAgent,
    *,
    state: WorldView | None = None,
    model: str | Model = GRADER_MODEL,
    settings: Settings | None = None,
    client: Client | None = None,
) -> _Rubric:
    """Return a grader that asks a model if a trial does what a text says: `rubric("Names the price, and apologizes.")`.

    The model sees the task, the output and the state of the world, not who worked nor how, each in a fence that nothing
    in it can leave; it gives its reason before the verdict. Measure it on trials that people have judged
    (`measure_judge`) before you trust it, and take code where code can say it.

    Args:
        criteria: What a right answer is like. Several texts are judged apart, each in a conversation of its own: the
            trial passes if all are met, and the score is their share. Or an agent with `output=Grade` of
            `agentkit.patterns`, with tools and instructions of its own.
        state: Returns what the judge sees of the world. None: nothing; it then knows only what the agent says.
        model: A model id, or anything with the `Model` protocol. Take another one than that which is judged.
        settings: Settings of its requests.
        client: Any async client of the official SDK. None: the one of the run around it, or the shared one.

    Raises:
        DefinitionError: There is no criterion, or the agent has another output.
    """
    if isinstance(criteria, Agent):
        if not is_grader(criteria):
            raise DefinitionError(f"rubric(Agent({criteria.name!r})): give it `output=Grade` of agentkit.patterns.")
        return _Rubric((criteria.name,), (criteria,), state)
    texts = [criteria] if isinstance(criteria, str) else [*criteria]
    if not texts or not all(text.strip() for text in texts):
        raise DefinitionError("rubric(): a criterion is empty; say what a right answer is like.")
    judges = (grading_agent(text, model=model, settings=settings, client=client) for text in texts)
    return _Rubric(tuple(texts), tuple(judges), state)


def _judging_prompt(trial: AnyTrial, state: object) -> list[Block]:
    blocks = [
        fenced_block("The task:", shown_text(trial.input), "task"),
        fenced_block("The answer:", "There is none." if trial.output is None else shown_text(trial.output), "answer"),
    ]
    if state is not None:
        blocks.append(fenced_block(_STATE, shown_text(state), "state"))
    return [*blocks, text_block("Is the answer right?")]


def shown_text(value: object) -> str:
    """Return a value as who judges it reads it: a text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json_text(value)
