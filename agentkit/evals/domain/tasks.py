"""The suite of a file of questions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from functools import partial
from os import PathLike
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Literal, cast

from agentkit.agents.agent import Agent
from agentkit.errors import DefinitionError
from agentkit.evals.domain.answering import AnswerIs, question_prompt, shuffled
from agentkit.evals.domain.questions import LETTERS, Question, read_questions
from agentkit.evals.suite import Suite
from agentkit.evals.task import Task

if TYPE_CHECKING:
    from agentkit.models.model import Model

DO_NOT_KNOW = "I do not know"
_MOST_CHARS_OF_A_NAME = 60


def suite(
    path: str | PathLike[str], *, seed: int = 0, penalty: float = 1.0, model: str | Model = "claude-haiku-5-5"
) -> Suite:
    """Return the suite of a file of questions, one task a question; see `read_questions` for the file.

    A trial passes if its answer is right. `measure_answers` says what abstaining saves and wrong answers cost. The
    suite brings an `oracle`, which knows all answers, and `guess`, which takes any choice: chance, to compare with.

    Args:
        path: The file of JSON lines.
        seed: Chooses the order in which the choices are shown.
        penalty: The points that a wrong answer costs, where a right one brings 1 and "I do not know" 0.
        model: The model of the suite's agent.

    Raises:
        UsageError: The file cannot be read, or a line is no question; the text names the line.
        DefinitionError: The penalty is below 0.
    """
    if not (math.isfinite(penalty) and penalty >= 0):
        raise DefinitionError(f"domain.suite(penalty={penalty!r}): a penalty is a number from 0.")
    questions = [shuffled(question, seed) for question in read_questions(path)]
    prompts = [question_prompt(question) for question in questions]
    known = {prompt: _right_answer(question) for prompt, question in zip(prompts, questions, strict=True)}
    choices = {prompt: len(question.choices) for prompt, question in zip(prompts, questions, strict=True)}
    tasks = [
        Task(prompt, graders=(AnswerIs(question, penalty),), category=question.category, name=name)
        for prompt, question, name in zip(prompts, questions, _names_of(questions), strict=True)
    ]
    points = "1 point" if penalty == 1 else f"{penalty:g} points"
    return Suite(
        Path(path).stem,
        tasks,
        description=f"{len(tasks)} questions; a wrong answer costs {points}, abstaining none.",
        agent=Agent("answerer", model=model, instructions=_instructions(penalty), output=_output_type(questions)),
        agents={"oracle": partial(_answer_from, known), "guess": partial(_guess, choices, seed)},
    )


def _instructions(penalty: float) -> str:
    return (
        "Answer the question. Where there are choices, answer with the letter of the right one and nothing else; "
        "otherwise with the shortest text, or the number, that answers it. A right answer brings 1 point, a wrong one "
        f'costs {penalty:g}, and "{DO_NOT_KNOW}" brings 0: say that where you are not sure enough.'
    )


def _output_type(questions: list[Question]) -> type[str]:
    """Return the letters as a type where every question has choices, so that nothing is read out of prose."""
    fewest, most = (pick(len(question.choices) for question in questions) for pick in (min, max))
    return cast("type[str]", Literal[(*LETTERS[:most], DO_NOT_KNOW)]) if fewest else str


def _right_answer(question: Question) -> str:
    answer = question.answer[0]
    return LETTERS[question.choices.index(str(answer))] if question.choices else str(answer)


async def _answer_from(answers: Mapping[str, str], prompt: str) -> str:
    return answers[prompt]


async def _guess(choices: Mapping[str, int], seed: int, prompt: str) -> str:
    if not choices[prompt]:
        return DO_NOT_KNOW
    return LETTERS[Random(f"{seed}\0guess\0{prompt}").randrange(choices[prompt])]  # noqa: S311 - a guess, no secret


def _names_of(questions: list[Question]) -> list[str]:
    """Return a name for each question, its beginning, with a number where several begin alike."""
    names: list[str] = []
    seen: Counter[str] = Counter()
    for question in questions:
        name = " ".join(question.question.split())[:_MOST_CHARS_OF_A_NAME].strip()
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names
