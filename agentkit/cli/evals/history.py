"""`agentkit eval history`: list the evaluations that a store has."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agentkit.cli.terminal.exit_codes import CommandError, ExitCode
from agentkit.cli.terminal.text import terminal_width
from agentkit.messages.printable import one_line, plural

if TYPE_CHECKING:
    from argparse import Namespace

    from agentkit.evals import EvalStore
    from agentkit.evals.running.stored_evaluations import EvaluationRecord
    from agentkit.messages.message import JSONObject


def run_history(args: Namespace) -> ExitCode:
    """Print a line for each evaluation of the store, the latest last; the numbers are those for `--no-worse-than`."""
    from agentkit.cli.terminal.watching import print_json_line
    from agentkit.evals import EvalStore

    if not args.store.exists():
        raise CommandError(f"There is no store {str(args.store)!r}: name one with --store FILE.")
    with EvalStore(args.store) as store:
        records = store.evaluations()
        if args.json:
            for record in records:
                print_json_line(_to_json(store, record))
            return ExitCode.OK
        for record in records:
            _print(store, record, terminal_width(sys.stdout))
    if not records:
        print("no evaluation has ended; trials that one has made are kept, and the same command goes on")
    return ExitCode.OK


def _rates(store: EvalStore, record: EvaluationRecord) -> dict[str, float]:
    evaluation = store.load(record.id)
    return {agent: evaluation.pass_rate(agent).value for agent in record.agents}


def _print(store: EvalStore, record: EvaluationRecord, width: int) -> None:
    from agentkit.evals.reports.numbers import percent
    from agentkit.evals.reports.text_tables import indented

    tries = plural(record.tries, "try", "tries")
    print(one_line(f"{record.id:>3}  {record.suite or '-'}, {record.started:%Y-%m-%d %H:%M} UTC, {tries}", width))
    rates = " · ".join(f"{agent} {percent(rate)}" for agent, rate in _rates(store, record).items())
    notes = [f"faults: {record.faults}"] if record.faults else []
    notes += ["not complete"] if record.stopped else []
    print(*indented(" · ".join([rates, *notes]), width), sep="\n")


def _to_json(store: EvalStore, record: EvaluationRecord) -> JSONObject:
    return {
        "type": "evaluation",
        "id": record.id,
        "suite": record.suite,
        "started": record.started.isoformat(),
        "tries": record.tries,
        "seed": record.seed,
        "faults": record.faults,
        "stopped": record.stopped,
        "pass_rates": {agent: None if rate != rate else rate for agent, rate in _rates(store, record).items()},
    }
