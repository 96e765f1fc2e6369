"""A person is shown one trial at a time, and is asked until it is an answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import anyio
import pytest

from agentkit.evals.grade import Grade
from agentkit.evals.grader import grade_of
from agentkit.evals.graders import person
from tests.evals.trials import trial

pytestmark = pytest.mark.anyio


def typing(*answers: str) -> tuple[Callable[[str], str], list[str]]:
    left, shown = iter(answers), list[str]()

    def ask(text: str) -> str:
        shown.append(text)
        return next(left)

    return ask, shown


async def test_a_letter_and_a_reason_are_the_grade() -> None:
    ask, shown = typing("perhaps", "n It is dear. ", "Y")
    grader = person(state=lambda world: world, ask=ask)
    assert await grade_of(grader, trial("4 EUR", {"paid": 1})) == Grade(
        passed=False, reason="It is dear.", grader="person('Is it right?')"
    )
    assert "--- answer ---\n4 EUR\n\n--- state of the world ---\n" in shown[0]
    assert shown[1].startswith("'perhaps' is neither.")
    assert (await grade_of(grader, trial("4 EUR", {}))).passed


async def test_trials_are_shown_one_after_another() -> None:
    at_once, most = 0, list[int]()
    lock = threading.Lock()

    def ask(_: str) -> str:
        nonlocal at_once
        with lock:
            at_once += 1
            most.append(at_once)
        time.sleep(0.005)
        with lock:
            at_once -= 1
        return "y"

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(grade_of, person(ask=ask), trial())
    assert most == [1, 1, 1, 1]
