"""The suite: 40 tasks in five levels, the agent that has the tools for them, and agents that need no model."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from agentkit.agents.agent import Agent
from agentkit.evals.office.generation import generate
from agentkit.evals.office.grading import LeftAsSolved
from agentkit.evals.office.level_1 import LEVEL_1
from agentkit.evals.office.level_2 import LEVEL_2
from agentkit.evals.office.level_3 import LEVEL_3
from agentkit.evals.office.level_4 import LEVEL_4
from agentkit.evals.office.level_5 import LEVEL_5
from agentkit.evals.office.rows import Row
from agentkit.evals.office.tools import TOOLS
from agentkit.evals.office.world import Office
from agentkit.evals.oracle import make_oracle
from agentkit.evals.scripted_agents import idle, random_caller
from agentkit.evals.suite import Suite
from agentkit.evals.task import Task

if TYPE_CHECKING:
    from agentkit.evals.task import AnyTask

LEVELS: tuple[tuple[Row, ...], ...] = (LEVEL_1, LEVEL_2, LEVEL_3, LEVEL_4, LEVEL_5)
"""The tables of the tasks, the easiest first."""

_INSTRUCTIONS = """You do office work for Nora Feld (nora.feld@halden.example). Today is Monday, 8 March 2027.
Do all that she asks for, and nothing else: change, send and delete nothing that she did not ask for.
Ask no questions back. Look up what you do not know, and check names of which there may be two.
If a call fails, find out why, and reach the goal in another way or try again.
Write mails in your own words, but with every date, time, amount and number that they are about."""


def suite(seed: int = 0) -> Suite:
    """Return the suite.

    Args:
        seed: Draws what else is in the office of each task: people, mails, events, files.
    """
    agent = Agent(
        "assistant", model="claude-haiku-5-5", instructions=_INSTRUCTIONS, deps=Office, tools=list(TOOLS.values())
    )
    tasks = [_task(row, level, seed) for level, rows in enumerate(LEVELS, 1) for row in rows]
    return Suite(
        "office",
        tasks,
        description="Office work with mail, calendar, files and spreadsheets, graded by the state that it leaves.",
        agent=agent,
        agents={"oracle": make_oracle(agent), "idle": idle(agent), "random": random_caller(agent, _world, seed)},
    )


def _task(row: Row, level: int, seed: int) -> Task[Office]:
    setup = partial(generate, f"{seed}:{row.name}", row.failures)
    return Task(
        row.input,
        setup,
        (LeftAsSolved(setup, row.solution),),
        f"level {level}",
        ("recovery",) if row.failures else (),
        name=row.name,
        solution=row.solution,
    )


def _world(task: AnyTask) -> object:
    """Return a world of a task, for the values of random calls."""
    setup = task.setup
    return None if setup is None else setup()
