"""A small open model at questions, at office tasks and as a classifier, ten tries each, at its own randomness.

python -m benchmarks.small_model [--tries 10] [--folder FOLDER] [--report FOLDER]

It is a weak model (135 million parameters), and its scores say nothing about Claude. They are numbers that no script
wrote, and show what "one of ten tries" looks like.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import anyio
from anthropic import AsyncAnthropic

from agentkit.evals import Evaluation, Suite, evaluate
from benchmarks.small_model.serving import install_model, served
from benchmarks.small_model.suites import office_tasks, questions, sorted_messages

PARALLEL = 2
CONTEXT = 8_192
"""Tokens; what the model was trained for."""


async def play(suite: Suite, client: AsyncAnthropic, tries: int, store: Path) -> Evaluation:
    """Evaluate all agents of a suite."""
    return await evaluate(suite.agents, suite, tries=tries, concurrency=PARALLEL, client=client, store=store)


def row(evaluation: Evaluation, agent: str) -> str:
    """Return the figures of one agent, as a row of a Markdown table."""
    rate, tries = evaluation.pass_rate(agent), evaluation.tries
    flaky = [task for task, flag in evaluation.flags(agent).items() if flag == "flaky"]
    return " | ".join(
        [
            f"| {evaluation.suite}",
            agent,
            f"{len(evaluation.tasks)}",
            f"{rate.value:.0%} ({rate.low:.0%} to {rate.high:.0%})",
            f"{evaluation.pass_at(tries, agent):.0%}",
            f"{evaluation.pass_hat(tries, agent):.0%}",
            f"{len(flaky)}",
            f"{len([trial for trial in evaluation.of(agent) if not trial.is_judged])} |",
        ]
    )


async def main(tries: int, folder: Path, report: Path | None) -> None:
    """Print a table, and write a page for each suite."""
    model = install_model(folder)
    print(f"| suite | agent | tasks | pass@1 | pass@{tries} | pass^{tries} | flaky | not judged |")
    print("|---|---|---|---|---|---|---|---|")
    with served(model, parallel=PARALLEL, context=CONTEXT) as base_url:
        async with AsyncAnthropic(base_url=base_url, api_key="none") as client:
            for suite in (questions(), office_tasks(), sorted_messages(client)):
                evaluation = await play(suite, client, tries, folder / "small_model.db")
                for agent in evaluation.agents:
                    print(row(evaluation, agent), flush=True)
                if report is not None:
                    evaluation.save(report / f"{suite.name.split(',')[0].replace(' ', '_')}.html")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=10)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "agentkit-small-model")
    parser.add_argument("--report", type=Path, help="a folder for the pages")
    given = parser.parse_args()
    if given.report is not None:
        given.report.mkdir(parents=True, exist_ok=True)
    anyio.run(main, given.tries, given.folder, given.report)
