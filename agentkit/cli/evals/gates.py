"""The gates of an evaluation: a pass rate that is needed, and a baseline that has to be reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.cli.terminal.exit_codes import CommandError
from agentkit.cli.terminal.printing import print_message
from agentkit.messages.printable import plural

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from agentkit.evals import Evaluation

_FEWEST_TASKS = 6
"""With fewer, the p value of the paired test is above 5% even if each task got worse: 2 / 2**5 is 0.0625."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """An agent than which the others may not be worse."""

    agent: str
    """Its name."""
    evaluation: Evaluation | None
    """The evaluation of the store that it is in. None: the one that is made now."""


def find_baseline(args: Namespace, suite: str, agents: Sequence[str]) -> Baseline | None:
    """Return the baseline that the command line names, before anything is paid. None: it names none.

    Raises:
        CommandError: There is no such agent, neither in this evaluation nor in the store.
    """
    name: str | None = args.no_worse_than
    if name is None:
        return None
    if name in agents:
        if len(agents) == 1:
            raise CommandError(
                f"--no-worse-than {name}: it is the only agent; name another with --agents, or "
                f"an earlier evaluation of it by number, as 1:{name}: `agentkit eval history` lists them."
            )
        return Baseline(name, None)
    number, _, agent = name.partition(":")
    found = _kept(args, suite, int(number), agent, agents) if number.isdecimal() else _latest(args, suite, name)
    if found is None:
        raise CommandError(
            f"--no-worse-than {name!r} is no agent of this evaluation ({', '.join(agents)}), and the store "
            f"{str(args.store)!r} has none of this suite: `agentkit eval history` lists them."
        )
    return found


def _latest(args: Namespace, suite: str, agent: str) -> Baseline | None:
    """Return the latest evaluation of the store with an agent of this name."""
    from agentkit.evals import EvalStore

    if not args.store.exists():
        return None
    with EvalStore(args.store) as store:
        fitting = [one.id for one in store.evaluations(suite) if agent in one.agents and not one.faults]
        return Baseline(agent, store.load(fitting[-1])) if fitting else None


def _kept(args: Namespace, suite: str, number: int, agent: str, agents: Sequence[str]) -> Baseline | None:
    """Return an evaluation of the store by its id, and the agent in it: the one that is named, or the only one."""
    from agentkit.evals import EvalStore

    if not args.store.exists():
        return None
    with EvalStore(args.store) as store:
        record = next((one for one in store.evaluations(suite) if one.id == number), None)
        if record is None:
            return None
        same = [name for name in record.agents if name in agents]
        chosen = agent or (record.agents[0] if len(record.agents) == 1 else same[0] if len(same) == 1 else "")
        if chosen not in record.agents:
            raise CommandError(
                f"--no-worse-than {args.no_worse_than}: evaluation {number} is of {', '.join(record.agents)}; "
                f"name one of them, as {number}:{record.agents[0]}."
            )
        return Baseline(chosen, store.load(number))


def passes_gates(args: Namespace, evaluation: Evaluation, baseline: Baseline | None) -> bool:
    """Tell if every agent but the baseline passes the gates; say which does not, and why."""
    if args.min_pass_rate is None and baseline is None:
        return True
    has_passed = True
    for agent in evaluation.agents:
        if baseline is not None and baseline.evaluation is None and agent == baseline.agent:
            continue
        other = None if baseline is None else (baseline.evaluation or evaluation, baseline.agent)
        if other is not None and 0 < (common := _common_tasks(evaluation, agent, *other)) < _FEWEST_TASKS:
            print_message(
                f"agentkit: {agent}: --no-worse-than says nothing with {plural(common, 'task')}: its paired test finds "
                f"no difference with fewer than {_FEWEST_TASKS}.",
                "yellow",
            )
        try:
            evaluation.check(min_pass_rate=args.min_pass_rate, no_worse_than=other, agent=agent)
        except (AssertionError, ValueError) as error:  # ValueError: no task in common with the baseline
            print_message(f"agentkit: {agent}: {str(error).partition(chr(10) + '  ')[0]}", "red")
            has_passed = False
    return has_passed


def _common_tasks(evaluation: Evaluation, agent: str, other: Evaluation, baseline: str) -> int:
    return len(evaluation.scores(agent).keys() & other.scores(baseline).keys())
