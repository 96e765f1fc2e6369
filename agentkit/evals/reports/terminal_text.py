"""An evaluation as text for a terminal, readable from 40 columns on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from agentkit.evals.reports.failures import failures_of
from agentkit.evals.reports.figures import AgentFigures, agent_figures, agent_pairs, common_k, recoveries
from agentkit.evals.reports.numbers import dollars, duration, p_value, percent, percent_with_interval, points, run_facts
from agentkit.evals.reports.text_tables import indented, text_table
from agentkit.messages.printable import one_line, plural
from agentkit.messages.wrapping import wrap_text

if TYPE_CHECKING:
    from agentkit.evals.reports.reported import Reported
    from agentkit.evals.statistics.task_flags import TaskFlag

_MOST_FAILURES = 12
_MOST_REASON_CHARS = 160
_MOST_PROBLEMS = 8
_MOST_AGENTS_IN_COLUMNS = 5


def evaluation_text(evaluation: Reported, width: int = 80, *, without_faults: Reported | None = None) -> str:
    """Return the report of an evaluation as plain text.

    Args:
        evaluation: The evaluation.
        width: The columns of the terminal, at least 40.
        without_faults: The same evaluation without faults, for the recovery rates.
    """
    figures = agent_figures(evaluation)
    parts = (
        _head(evaluation, width),
        _agents(figures, width),
        _recovery(evaluation, without_faults, width),
        _pairs(evaluation, figures, width),
        _categories(evaluation, figures, width),
        _flags(evaluation.flags(), width),
        _failures(evaluation, width),
        _problems(evaluation, width),
    )
    return "\n\n".join(text for text in ("\n".join(lines) for lines in parts) if text)


def _head(evaluation: Reported, width: int) -> Iterator[str]:
    yield wrap_text(f"{evaluation.suite or 'evaluation'}: {', '.join(run_facts(evaluation))}", width)
    if evaluation.stopped:
        yield wrap_text(f"Not complete: {evaluation.stopped}", width)
    if evaluation.problems:
        count = plural(len(evaluation.problems), "trial")
        yield wrap_text(f"{count} could not be judged: neither passed nor failed, see the problems below.", width)


def _agents(figures: Sequence[AgentFigures], width: int) -> Iterator[str]:
    k = common_k(figures)
    heads = ["agent", "pass rate", *([f"pass@{k}", f"pass^{k}"] if k > 1 else []), "cost", "time", "trials"]
    rows = [
        [
            one.name,
            percent_with_interval(one.pass_rate),
            *(percent(share) for share in (one.at(k), one.hat(k)) if k > 1),
            dollars(one.cost_per_trial_usd),
            duration(one.seconds),
            f"{one.judged:,}",
        ]
        for one in figures
    ]
    yield from text_table(heads, rows, width)
    yield from wrap_text("(intervals of 95% over tasks; cost and time of a trial)", width).split("\n")


def _recovery(evaluation: Reported, plain: Reported | None, width: int) -> Iterator[str]:
    for name, found in recoveries(evaluation, plain).items():
        yield wrap_text(f"{name} under faults: {found}", width, "  ")


def _pairs(evaluation: Reported, figures: Sequence[AgentFigures], width: int) -> Iterator[str]:
    for one in agent_pairs(evaluation, figures):
        paired = one.paired
        counted = f"better on {paired.better} and worse on {paired.worse} of {plural(paired.tasks, 'task')}"
        yield wrap_text(f"{one.candidate} against {one.baseline}", width)
        yield from indented(f"{points(paired.difference)} points · {p_value(one.p_value)} · {counted}", width)


def _categories(evaluation: Reported, figures: Sequence[AgentFigures], width: int) -> Iterator[str]:
    """Yield the pass rates by category, where there are several."""
    categories = list(dict.fromkeys(task.category for task in evaluation.tasks))
    if len(categories) < 2:
        return
    names = [one.name for one in figures if one.judged][:_MOST_AGENTS_IN_COLUMNS]
    scores = {name: evaluation.scores(name) for name in names}
    rows: list[list[str]] = []
    for category in categories:
        tasks = [task.name for task in evaluation.tasks if task.category == category]
        rows.append([category or "(none)", *(_mean_rate(scores[name], tasks) for name in names)])
    yield from text_table(["category", *names], rows, width)


def _mean_rate(scores: Mapping[str, Sequence[float]], tasks: Sequence[str]) -> str:
    rates = [sum(scores[task]) / len(scores[task]) for task in tasks if scores.get(task)]
    return percent(sum(rates) / len(rates)) if rates else "-"


def _flags(flags: Mapping[str, TaskFlag], width: int) -> Iterator[str]:
    for flag in ("flaky", "too hard", "too easy"):
        names = [one_line(task, 40) for task, own in flags.items() if own == flag]
        if names:
            more = f" and {len(names) - 4} more" if len(names) > 4 else ""
            yield wrap_text(f"{flag} ({len(names)}): {', '.join(names[:4])}{more}", width, "  ")


def _failures(evaluation: Reported, width: int) -> Iterator[str]:
    groups = failures_of(evaluation)
    if groups:
        yield plural(sum(len(group.trials) for group in groups), "failed trial")
    for group in groups[:_MOST_FAILURES]:
        yield one_line(f"{group.agent}: {group.task}", width)
        reason = one_line(group.reasons[0][0], _MOST_REASON_CHARS) if group.reasons else ""
        yield from indented(f"{len(group.trials)} of {group.judged}: {reason}", width)
    if len(groups) > _MOST_FAILURES:
        yield wrap_text(f"and {plural(len(groups) - _MOST_FAILURES, 'more task')} with failures", width)


def _problems(evaluation: Reported, width: int) -> Iterator[str]:
    counts = Counter((trial.agent, trial.problem) for trial in evaluation.problems)
    for (agent, problem), count in counts.most_common(_MOST_PROBLEMS):
        yield one_line(f"{agent}: {plural(count, 'problem')}", width)
        yield from indented(one_line(problem, _MOST_REASON_CHARS), width)
