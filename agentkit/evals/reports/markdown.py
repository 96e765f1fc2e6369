"""An evaluation as Markdown for a pull request: short at first sight, the rest folded in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from agentkit.evals.reports.failures import failures_of
from agentkit.evals.reports.figures import AgentFigures, agent_figures, agent_pairs, common_k, recoveries
from agentkit.evals.reports.numbers import dollars, duration, p_value, percent, percent_with_interval, points, run_facts
from agentkit.messages.printable import one_line, plural
from agentkit.redaction.redactor import text_without_secrets

if TYPE_CHECKING:
    from agentkit.evals.reports.reported import Reported

_MOST_CHARS = 60_000
"""The size that code hosts take as a comment is 65,536 characters."""
_MOST_TASKS = 100
_MOST_FAILURES = 60
_MOST_REASON_CHARS = 200
_SPECIAL = re.compile(r"[\\`*_\[\]|~@<>&]")


def evaluation_markdown(evaluation: Reported, *, without_faults: Reported | None = None) -> str:
    """Return the report of an evaluation as Markdown of at most 60,000 characters.

    Args:
        evaluation: The evaluation.
        without_faults: The same evaluation without faults, for the recovery rates.
    """
    text = "\n".join(_lines(evaluation, without_faults)) + "\n"
    return text if len(text) <= _MOST_CHARS else "\n".join(_lines(evaluation, without_faults, is_short=True)) + "\n"


def _lines(evaluation: Reported, plain: Reported | None, *, is_short: bool = False) -> Iterator[str]:
    figures = agent_figures(evaluation)
    yield f"### {_text(evaluation.suite or 'evaluation')}"
    yield ""
    yield _text(", ".join(run_facts(evaluation)))
    if evaluation.stopped:
        yield f"\n**Not complete**: {_text(evaluation.stopped)}"
    if evaluation.problems:
        yield f"\n**{plural(len(evaluation.problems), 'trial')} could not be judged**: neither passed nor failed."
    yield ""
    yield from _agents(figures)
    yield from _recovery(evaluation, plain)
    yield from _pairs(evaluation, figures)
    if not is_short:
        yield from _folded("Pass rate by task", _tasks(evaluation))
    yield from _folded("Failures", _failures(evaluation, 5 if is_short else _MOST_FAILURES))
    yield from _folded("Problems", _problems(evaluation))


def _agents(figures: Sequence[AgentFigures]) -> Iterator[str]:
    k = common_k(figures)
    heads = [
        "agent",
        "pass rate (95%)",
        *([f"pass@{k}", f"pass^{k}"] if k > 1 else []),
        "cost of a trial",
        "time",
        "trials",
    ]
    rows = (
        [
            _text(one.name),
            percent_with_interval(one.pass_rate),
            *(percent(share) for share in (one.at(k), one.hat(k)) if k > 1),
            dollars(one.cost_per_trial_usd),
            duration(one.seconds),
            f"{one.judged:,}",
        ]
        for one in figures
    )
    yield from _table(heads, rows)


def _recovery(evaluation: Reported, plain: Reported | None) -> Iterator[str]:
    for name, found in recoveries(evaluation, plain).items():
        yield f"\n**{_text(name)}** under faults: {_text(str(found))}"


def _pairs(evaluation: Reported, figures: Sequence[AgentFigures]) -> Iterator[str]:
    pairs = agent_pairs(evaluation, figures)
    if pairs:
        yield ""
        yield from _table(
            ["compared task by task", "points", "p (Holm)", "better", "worse", "tasks"],
            (
                [
                    f"{_text(one.candidate)} against {_text(one.baseline)}",
                    points(one.paired.difference),
                    p_value(one.p_value).removeprefix("p = ").removeprefix("p "),
                    str(one.paired.better),
                    str(one.paired.worse),
                    str(one.paired.tasks),
                ]
                for one in pairs
            ),
        )


def _tasks(evaluation: Reported) -> Iterator[str]:
    flags = evaluation.flags()
    scores = {name: evaluation.scores(name) for name in evaluation.agents}
    rows: list[list[str]] = []
    for task in evaluation.tasks[:_MOST_TASKS]:
        tries = [own.get(task.name, ()) for own in scores.values()]
        counts = (f"{round(sum(own))}/{len(own)}" if own else "-" for own in tries)
        rows.append([_text(one_line(task.name, 60)), *counts, flags.get(task.name, "")])
    yield from _table(["task", *map(_text, scores), ""], rows)
    if len(evaluation.tasks) > _MOST_TASKS:
        yield f"\nand {plural(len(evaluation.tasks) - _MOST_TASKS, 'more task')}"


def _failures(evaluation: Reported, most: int) -> Iterator[str]:
    groups = failures_of(evaluation)
    for group in groups[:most]:
        reason = _text(one_line(group.reasons[0][0], _MOST_REASON_CHARS)) if group.reasons else ""
        failed = f"{len(group.trials)} of {group.judged}"
        yield f"- **{_text(group.agent)}**, {_text(one_line(group.task, 60))}: {failed} failed. {reason}"
    if len(groups) > most:
        yield f"- and {plural(len(groups) - most, 'more task')} with failures"


def _problems(evaluation: Reported) -> Iterator[str]:
    counts = Counter((trial.agent, trial.problem) for trial in evaluation.problems)
    for (agent, problem), count in counts.most_common(20):
        yield f"- **{_text(agent)}**, {plural(count, 'trial')}: {_text(one_line(problem, _MOST_REASON_CHARS))}"


def _folded(title: str, lines: Iterable[str]) -> Iterator[str]:
    shown = list(lines)
    if shown:
        yield f"\n<details><summary>{title}</summary>\n"
        yield from shown
        yield "\n</details>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _text(text: str) -> str:
    """Return a text that Markdown shows as it is, on one line, without secrets; `@` notifies nobody."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", text_without_secrets(one_line(text, 1_000)))
