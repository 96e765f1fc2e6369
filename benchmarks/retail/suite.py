"""The tasks as a suite: the agents of the example serve a customer, and the database that they leave is graded."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TypeAlias

from agentkit.evals import Grade, PerTask, SolutionCall, Suite, Trial
from agentkit.evals import Task as EvalTask
from agentkit.evals.graders.json_differences import json_differences
from agentkit.evals.oracle import replaying
from agentkit.evals.scripted_agents import idle
from agentkit.evals.task import AnyAgent, AnyTask
from benchmarks.retail.known_calls import Task, read_database, read_tasks
from benchmarks.retail.play import agent_names, apply_directly
from examples.retail.agents import Assignment, lead
from examples.retail.records import Database
from examples.retail.shop import Shop

Changes: TypeAlias = dict[str, dict[str, object]]
"""The entries of a database that are not as they were, by table and key."""

_MOST_SHOWN = 5


@dataclass(frozen=True)
class LeavesWhatKnownCallsLeave:
    """A grader: passes a database in the state that the known calls leave when they are applied directly."""

    database_file: Path = field(repr=False)
    task: Task = field(repr=False)

    def __call__(self, trial: Trial[Shop]) -> Grade:
        """Compare the changes of the database."""
        found = json_differences(self.wanted, changes(trial.world.database, self.database_file))
        return Grade(not found, "; ".join(found[:_MOST_SHOWN]))

    @cached_property
    def wanted(self) -> Changes:
        """The changes that the known calls make."""
        return changes_of_task(self.task, self.database_file)


def retail_suite(database_file: Path, tasks_file: Path) -> Suite:
    """Return the tasks of a data set as a suite, with an oracle, a perturbed oracle and an idle agent.

    Args:
        database_file: The shop's database.
        tasks_file: The tasks, with the calls that solve them.
    """
    tasks = {task.name: task for task in read_tasks(tasks_file, _database_before(database_file))}

    def perturbed(task: AnyTask) -> AnyAgent:
        return _known_calls_of(replace(task, solution=solution(without_last_write(tasks[task.name]))))

    return Suite(
        "retail",
        [_eval_task(task, database_file) for task in tasks.values()],
        description="Customers of a shop are served by a lead and three sub-agents, graded by the database they leave.",
        agent=lead,
        agents={"oracle": PerTask(_known_calls_of), "perturbed": PerTask(perturbed), "idle": idle(lead)},
    )


def _known_calls_of(task: AnyTask) -> AnyAgent:
    """Return the agent that makes the calls of a task. Some tasks are done without any."""
    return replaying(lead, task) if task.solution else idle(lead)


def _eval_task(task: Task, database_file: Path) -> EvalTask[Shop]:
    is_writing = any(call.tool.effect != "read" for call in task.calls)
    return EvalTask(
        task.prompt,
        partial(open_shop, database_file, task.customer_id),
        (LeavesWhatKnownCallsLeave(database_file, task),),
        "writes" if is_writing else "reads",
        name=task.name,
        solution=solution(task),
    )


def open_shop(database_file: Path, customer_id: str | None) -> Shop:
    """Return a shop with a database of its own.

    Args:
        database_file: The database.
        customer_id: The customer who is served. None: nobody is identified yet.
    """
    return Shop(read_database(database_file), customer_id)


def solution(task: Task) -> tuple[SolutionCall, ...]:
    """Return the known calls with the delegations to the sub-agents that make them."""
    calls: list[SolutionCall] = []
    last = lead.name
    for call, agent in zip(task.calls, agent_names(task.calls), strict=True):
        if agent not in (last, lead.name):
            assignment = Assignment(task=task.prompt, is_confirmed=True)
            calls.append(SolutionCall(agent, assignment.model_dump()))
        calls.append(SolutionCall(call.tool.name, call.arguments))
        last = agent
    return tuple(calls)


def without_last_write(task: Task) -> Task:
    """Return the task without the last of its calls that writes; itself if none does."""
    writes = [place for place, call in enumerate(task.calls) if call.tool.effect != "read"]
    left = [call for place, call in enumerate(task.calls) if place not in writes[-1:]]
    return replace(task, calls=left)


def needs_last_write(task: Task, database_file: Path) -> bool:
    """Return True if the database is another one without the last call that writes.

    Args:
        task: The task.
        database_file: The database before.
    """
    return changes_of_task(without_last_write(task), database_file) != changes_of_task(task, database_file)


def changes_of_task(task: Task, database_file: Path) -> Changes:
    """Return what the known calls of a task change in the database.

    Args:
        task: The task.
        database_file: The database before.
    """
    return changes(apply_directly(task, read_database(database_file)).database, database_file)


def changes(database: Database, database_file: Path) -> Changes:
    """Return what has changed in a database.

    Args:
        database: The database.
        database_file: The database as it was before.
    """
    before = _database_before(database_file)
    tables: dict[str, tuple[dict[str, object], dict[str, object]]] = {
        "users": ({**database.users}, {**before.users}),
        "orders": ({**database.orders}, {**before.orders}),
        "products": ({**database.products}, {**before.products}),
        "for_people": (dict.fromkeys(database.for_people), dict.fromkeys(before.for_people)),
    }
    return {
        name: {
            key: found.get(key)
            for key in {**found, **old}
            if (key in found, found.get(key)) != (key in old, old.get(key))
        }
        for name, (found, old) in tables.items()
    }


@cache
def _database_before(file: Path) -> Database:
    return read_database(file)
