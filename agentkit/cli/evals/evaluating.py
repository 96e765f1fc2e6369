"""Run an evaluation in front of a terminal: progress, reports, gates, and the exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agentkit.cli.evals.agents import choose_agents
from agentkit.cli.evals.gates import find_baseline, passes_gates
from agentkit.cli.evals.progress_line import ProgressLine
from agentkit.cli.evals.suites import choose_suite
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode
from agentkit.cli.terminal.interrupts import handle_ctrl_c_in_loop, print_stopping_notice
from agentkit.cli.terminal.printing import print_message
from agentkit.cli.terminal.text import terminal_width
from agentkit.messages.printable import plural

if TYPE_CHECKING:
    from argparse import Namespace

    from agentkit.cli.evals.agents import ChosenAgents
    from agentkit.evals import Evaluation, Suite
    from agentkit.evals.faults import Faults


def run_eval(args: Namespace) -> ExitCode:
    """Evaluate, print the report, and return the exit code: 1 for a failed gate or trials that cannot be judged."""
    for path in (args.report, args.markdown):
        _check_can_be_written(path)
    suite = choose_suite(args)
    faults = _faults_of(args)
    chosen = choose_agents(args, suite)
    baseline = find_baseline(args, suite.name, list(chosen.agents))
    evaluation, plain = _evaluate(args, suite, chosen, faults)
    _report(args, suite, evaluation, plain)
    if evaluation.problems:
        print_message(f"agentkit: {plural(len(evaluation.problems), 'trial')} could not be judged.", "red")
    if evaluation.stopped:
        print_message(f"agentkit: not complete: {evaluation.stopped}. The same command goes on with more.", "red")
        return ExitCode.LIMIT
    has_passed = passes_gates(args, evaluation, baseline)
    return ExitCode.OK if has_passed and not evaluation.problems else ExitCode.FAILED


def _check_can_be_written(path: Path | None) -> None:
    """Refuse a file that cannot be written, before anything is paid."""
    if path is not None and (path.is_dir() or not path.parent.is_dir()):
        problem = "it is a folder" if path.is_dir() else f"there is no folder {str(path.parent)!r}"
        raise CommandError(f"{str(path)!r} cannot be written: {problem}.")


def _faults_of(args: Namespace) -> Faults | None:
    from agentkit.evals.faults import Faults

    return None if args.faults is None else Faults.parse(args.faults)


def _evaluate(
    args: Namespace, suite: Suite, chosen: ChosenAgents, faults: Faults | None
) -> tuple[Evaluation, Evaluation | None]:
    """Return the evaluation; under faults also the one without them, for the recovery rates."""
    import anyio

    from agentkit import Budget
    from agentkit.evals import evaluate

    line = ProgressLine()

    async def once(about: str, planted: Faults | None, spent_usd: float = 0.0) -> Evaluation:
        line.about = about
        left = None if args.budget_usd is None else max(0.0, args.budget_usd - spent_usd)
        return await evaluate(
            chosen.agents,
            suite,
            tries=args.tries,
            concurrency=args.concurrency,
            budget=None if left is None else Budget(max_cost_usd=left),
            seed=args.seed,
            store=args.store,
            until_width=args.until_width,
            faults=planted,
            progress=line.show,
            client=chosen.client,
        )

    async def work() -> list[Evaluation]:
        done: list[Evaluation] = []
        try:
            with anyio.CancelScope() as scope, handle_ctrl_c_in_loop(scope.cancel, print_stopping_notice):
                if faults is not None:
                    done.append(await once("without faults: ", None))
                    done.append(await once("under faults: ", faults, done[0].spent_usd))
                else:
                    done.append(await once("", None))
        finally:
            line.close()
            with anyio.CancelScope(shield=True):
                await chosen.close()
        return done

    done = anyio.run(work)
    if len(done) < (1 if faults is None else 2):
        kept = plural(line.done, "trial is", "trials are")
        print_message(f"agentkit: {kept} kept in {args.store}; the same command goes on there.")
        raise KeyboardInterrupt
    return done[-1], done[0] if faults is not None else None


def _report(args: Namespace, suite: Suite, evaluation: Evaluation, plain: Evaluation | None) -> None:
    from agentkit.cli.evals.json_report import answers_to_json, evaluation_to_json
    from agentkit.cli.terminal.watching import print_json_line
    from agentkit.evals.domain.measures import measures_by_agent
    from agentkit.evals.reports.terminal_text import evaluation_text
    from agentkit.messages.wrapping import wrap_text

    measures = measures_by_agent(suite, evaluation.trials)
    if args.json:
        print_json_line({**evaluation_to_json(evaluation, plain), "answers": answers_to_json(measures)})
    else:
        width = terminal_width(sys.stdout)
        answers = (wrap_text(f"{agent}: {one}", width) for agent, one in measures.items())
        parts = (evaluation_text(evaluation, width, without_faults=plain), *answers)
        print("\n\n".join(parts), flush=True)
    if args.report is not None:
        args.report.write_text(evaluation.to_html(without_faults=plain), encoding="utf-8")
        print_message(f"agentkit: the page is {args.report}.")
    if args.markdown is not None:
        args.markdown.write_text(evaluation.to_markdown(without_faults=plain), encoding="utf-8")
        print_message(f"agentkit: the Markdown is {args.markdown}.")
