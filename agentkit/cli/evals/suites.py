"""Choose the suite that the command line names, and those of its tasks that are wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, cast

from agentkit.cli.terminal.exit_codes import CommandError

if TYPE_CHECKING:
    from argparse import Namespace

    from agentkit.evals import Suite
    from agentkit.evals.task import AnyTask

_BUILT_IN = ("office", "synthesis", "domain")


def choose_suite(args: Namespace) -> Suite:
    """Return the suite with the tasks that the filters leave.

    Raises:
        CommandError: There is no such suite, or no task is left.
        UsageError: A file of the suite is wrong.
    """
    suite = _find_suite(args.suite, args.seed)
    kept = [task for task in suite.tasks if _is_wanted(task, args)]
    if not kept:
        names = ", ".join(repr(task.name) for task in suite.tasks[:5])
        categories = ", ".join(sorted({task.category for task in suite.tasks if task.category})) or "none"
        raise CommandError(f"No task of {suite.name!r} is left; tasks: {names}, ...; categories: {categories}.")
    return suite if len(kept) == len(suite.tasks) else _with_tasks(suite, kept)


def _with_tasks(suite: Suite, tasks: Sequence[AnyTask]) -> Suite:
    from agentkit.evals import Suite

    return Suite(suite.name, tasks, description=suite.description, agent=suite.agent, agents=suite.agents)


def _is_wanted(task: AnyTask, args: Namespace) -> bool:
    return (
        (not args.task or any(fnmatchcase(task.name, pattern) for pattern in args.task))
        and (not args.category or task.category in args.category)
        and (not args.tag or not {*args.tag}.isdisjoint(task.tags))
    )


def _find_suite(name: str, seed: int) -> Suite:
    from agentkit.evals.suite_files import SUITE_SUFFIXES, read_suite

    kind, _, given = name.partition(":")
    if kind in _BUILT_IN:
        return _built_in(kind, given, seed)
    if name.lower().endswith(SUITE_SUFFIXES) or Path(name).is_file():
        return read_suite(name)
    if not given:
        raise CommandError(
            f"There is no suite {name!r}: name {', '.join(_BUILT_IN)}:FILE, a file of cases "
            f"({', '.join(SUITE_SUFFIXES)}), or MODULE:SUITE."
        )
    return _imported(name)


def _built_in(kind: str, given: str, seed: int) -> Suite:
    if kind == "domain":
        from agentkit.evals.domain import suite as domain

        if not given:
            raise CommandError("The suite domain needs a file of questions: domain:questions.jsonl.")
        return domain(given, seed=seed)
    if kind == "synthesis":
        from agentkit.evals.synthesis import suite as synthesis

        if given and not given.isdecimal():
            raise CommandError(f"{given!r} is no number of tokens: write synthesis:200000.")
        return synthesis(tokens=int(given), seed=seed) if given else synthesis(seed=seed)
    from agentkit.evals.office import suite as office

    if given:
        raise CommandError(f"The suite office takes nothing behind its name, not {given!r}.")
    return office(seed=seed)


def _imported(address: str) -> Suite:
    """Return the suite at an address; a function there is called, and tasks or cases make a suite."""
    from agentkit.cli.arguments.object_address import load_object
    from agentkit.evals import Case, Suite, Task

    _, found = load_object(address)
    if callable(found) and not isinstance(found, Suite):
        found = cast("Callable[[], object]", found)()
    if isinstance(found, Suite):
        return found
    kind = type(found).__name__
    if isinstance(found, list | tuple):
        items = cast("Sequence[object]", found)
        if items and all(isinstance(one, Task | Case) for one in items):
            return Suite(address.partition(":")[2], cast("Sequence[AnyTask | Case]", items))
    raise CommandError(f"{address!r} is no suite, but {kind}: name a Suite, or a list of tasks and cases.")
