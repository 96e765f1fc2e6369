"""Compare known calls of a retail data set, made by an orchestrator's sub-agents, with the same calls applied directly.

    python -m benchmarks.retail [FOLDER] [--faults SEED | --suite]

FOLDER has a shop's `db.json`, and `tasks.json` with the calls that solve each task, as in tau2-bench's retail domain.
Without one, a few tasks of our own are run over the example's shop. With `--faults`, a tenth of the calls, drawn by the
seed, fails once before its effect: the database is not reached, or the model writes malformed arguments. Both ways must
leave the same database, and the rules of the shop must refuse the same calls with the same text. Exits with 1 when
anything differs.

With `--suite` the tasks are a suite, which grades the databases: an oracle has to pass all, and one that leaves out the
last call that writes has to fail those whose database is another one without it.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import anyio

from agentkit.evals import evaluate
from benchmarks.retail.call_faults import draw_faults
from benchmarks.retail.known_calls import read_database, read_tasks
from benchmarks.retail.play import apply_directly, differences, run_by_agents
from benchmarks.retail.suite import needs_last_write, retail_suite

HERE = Path(__file__).parent
OUR_DATABASE = HERE.parent.parent / "examples" / "retail" / "shop.json"
OUR_TASKS = HERE / "tasks.json"


async def compare(database_file: Path, tasks_file: Path, seed: int | None) -> bool:
    """Run every task in both ways, print differences and sums. Return True if there are no differences."""
    database = read_database(database_file)
    tasks = read_tasks(tasks_file, database)
    counts, troubled = Counter[str](), Counter[str]()
    wrong = 0
    for task in tasks:
        troubles = {} if seed is None else draw_faults(task.calls, f"{seed}:{task.name}")
        directly = apply_directly(task, read_database(database_file))
        delegated, met = await run_by_agents(task, read_database(database_file), troubles)
        found = differences(directly, delegated)
        for line in found:
            print(f"task {task.name}: {line}")
        wrong += bool(found)
        counts["change the database"] += directly.database != database
        counts["calls, of which"] += len(task.calls)
        counts["are refused by the shop's rules"] += len(directly.refused)
        troubled += met
    print(f"{len(tasks):6} tasks, of which")
    for what, count in [*counts.items(), *sorted(troubled.items())]:
        print(f"{count:6} {what}")
    print(f"{len(tasks) - wrong} of {len(tasks)} tasks leave the same database and are refused the same in both ways.")
    return not wrong


async def evaluate_suite(database_file: Path, tasks_file: Path) -> bool:
    """Evaluate the tasks as a suite, and print the report. Return True if every verdict is as it should be."""
    suite = retail_suite(database_file, tasks_file)
    evaluation = await evaluate(suite.agents, suite)
    print(evaluation)
    tasks = read_tasks(tasks_file, read_database(database_file))
    expected = {("oracle", task.name): True for task in tasks}
    expected |= {("perturbed", task.name): not needs_last_write(task, database_file) for task in tasks}
    found = {(trial.agent, trial.task): trial.passed for trial in evaluation.trials if trial.is_judged}
    wrong = [pair for pair, passes in expected.items() if found.get(pair) is not passes]
    for agent, name in wrong:
        print(f"task {name}: the verdict on the agent {agent!r} is not as it should be")
    failing = sum(not passes for passes in expected.values())
    print(
        f"{len(expected) - len(wrong)} of {len(expected)} verdicts are as they should be, {failing} of them failures."
    )
    return not wrong


def main() -> int:
    """Read the command line and compare."""
    about, _, _ = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retail", description=about)
    parser.add_argument("folder", type=Path, nargs="?", help="with db.json and tasks.json (default: a few of our own)")
    parser.add_argument("--faults", type=int, metavar="SEED", help="let a tenth of the calls fail before their effect")
    parser.add_argument("--suite", action="store_true", help="evaluate the tasks as a suite instead")
    given = parser.parse_args()
    folder: Path | None = given.folder
    files = (OUR_DATABASE, OUR_TASKS) if folder is None else (folder / "db.json", folder / "tasks.json")
    logging.disable(logging.WARNING)  # tools that fail and are tried again say so there
    check = partial(evaluate_suite, *files) if given.suite else partial(compare, *files, given.faults)
    return 0 if anyio.run(check) else 1


if __name__ == "__main__":
    sys.exit(main())
