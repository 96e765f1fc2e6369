"""The grader that is a person at the terminal, who reads one trial after another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.evals.grade import Grade
from agentkit.evals.graders.model_judges import shown_text
from agentkit.tools.worker_threads import run_in_thread

if TYPE_CHECKING:
    from agentkit.evals.trial import AnyTrial, WorldView

_KEYS = "y or n, and a reason behind it if you like: "
_terminal = threading.Lock()
"""Held while a person is asked: trials that end at the same time are shown one after another."""


@dataclass(frozen=True, slots=True)
class _Person:
    question: str
    state: WorldView | None = field(repr=False)
    ask: Callable[[str], str] = field(repr=False)

    async def __call__(self, trial: AnyTrial) -> Grade:
        parts = [f"\n{shown_text(trial.input)}", f"--- answer ---\n{shown_text(trial.output)}"]
        if self.state is not None:
            parts.append(f"--- state of the world ---\n{shown_text(self.state(trial.world))}")
        shown = "\n\n".join([*parts, f"{self.question} {_KEYS}"])
        return await run_in_thread(lambda: self._asked(shown), name="ask a person")

    def _asked(self, shown: str) -> Grade:
        with _terminal:
            while True:
                typed = self.ask(shown).strip()
                verdict, _, reason = typed.partition(" ")
                if verdict.casefold() in ("y", "yes", "n", "no"):
                    return Grade(verdict[0].casefold() == "y", reason.strip())
                shown = f"{typed!r} is neither. {_KEYS}"


def person(
    question: str = "Is it right?",
    *,
    state: WorldView | None = None,
    ask: Callable[[str], str] = input,
) -> _Person:
    """Return a grader that asks a person, who sees the task and the output and not which agent it was.

    Args:
        question: The question to the person.
        state: Returns what the person sees of the world. None: nothing.
        ask: Shows a text and returns what the person types. It is called in a thread, by one trial at a time.
    """
    return _Person(question, state, ask)
