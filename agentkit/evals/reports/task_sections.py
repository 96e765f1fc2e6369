"""The sections of the page on the tasks: pass rates by task and agent, tasks worth a look, recovery under faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from agentkit.evals.reports.agent_sections import Colours, agent_name, legend
from agentkit.evals.reports.figures import recoveries
from agentkit.evals.reports.interval_bars import bar, scale
from agentkit.evals.reports.numbers import percent, percent_with_interval
from agentkit.evals.reports.reported import Reported
from agentkit.evals.statistics.task_flags import TaskFlag
from agentkit.messages.printable import one_line, plural
from agentkit.patterns.classify.intervals import Interval
from agentkit.patterns.html_page import html_text

TASK_STYLE = """
.task { padding: .45rem 0; border-top: 1px solid var(--line); } .task:first-of-type { border-top: 0; }
.task .name { font-size: .9rem; line-height: 1.3; margin-bottom: .15rem; }
.tasks .line { display: grid; grid-template-columns: minmax(0, 1fr) 3.6rem; gap: .6rem; align-items: center; }
.task .number { font-size: .8rem; color: var(--soft); }
.flag { font-size: .72rem; color: var(--soft); border: 1px solid var(--line); border-radius: 1rem; padding: 0 .5rem;
  margin-left: .4rem; white-space: nowrap; }
.tasks { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr));
  align-items: start; }
.tasks summary { color: var(--soft); font-size: .875rem; cursor: pointer; padding: .3rem 0; }
"""
_MOST_IN_SIGHT = 24
"""Tasks of a category that are shown at once; the others are folded in."""
_MOST_OF_A_CATEGORY = 200
"""Tasks of a category on the page: those with the lowest pass rates."""


def tasks_section(evaluation: Reported, colours: Colours) -> Iterator[str]:
    """Yield a card for each category with its tasks, and for each task a line an agent."""
    rates = {name: evaluation.task_rates(name) for name in evaluation.agents}
    scores = {name: evaluation.scores(name) for name in evaluation.agents}
    flags = evaluation.flags()
    categories: dict[str, list[str]] = {}
    for task in evaluation.tasks:
        categories.setdefault(task.category, []).append(task.name)
    yield "<h2>Pass rate by task</h2>"
    if len(evaluation.agents) > 1:
        yield legend(evaluation.agents, colours)
    yield '<div class="tasks">'
    for category, tasks in categories.items():
        kept = _hardest(tasks, scores)
        rows = [_task(task, flags.get(task), rates, scores, colours) for task in kept]
        yield f'<div class="card"><h3>{html_text(category or "Tasks")}</h3>{"".join(rows[:_MOST_IN_SIGHT])}'
        if rows[_MOST_IN_SIGHT:]:
            said = plural(len(rows) - _MOST_IN_SIGHT, "more task")
            yield f"<details><summary>{said}</summary>{''.join(rows[_MOST_IN_SIGHT:])}</details>"
        if len(kept) < len(tasks):
            yield f'<p class="soft">{plural(len(tasks) - len(kept), "task")} with higher pass rates left out</p>'
        yield f'<div class="line">{scale("0%", "25%", "50%", "75%", "100%")}</div></div>'
    yield "</div>"


def _hardest(tasks: Sequence[str], scores: Mapping[str, Mapping[str, Sequence[float]]]) -> list[str]:
    """Return the tasks of a category in their order, without the easiest of very many."""
    if len(tasks) <= _MOST_OF_A_CATEGORY:
        return list(tasks)
    passed = {task: sum(sum(own.get(task, ())) for own in scores.values()) for task in tasks}
    kept = {*sorted(tasks, key=lambda task: passed[task])[:_MOST_OF_A_CATEGORY]}
    return [task for task in tasks if task in kept]


def _task(
    task: str,
    flag: TaskFlag | None,
    rates: Mapping[str, Mapping[str, Interval]],
    scores: Mapping[str, Mapping[str, Sequence[float]]],
    colours: Colours,
) -> str:
    lines: list[str] = []
    for name, own in scores.items():
        tries = own.get(task, ())
        rate = rates[name].get(task)
        if rate is None or not tries:
            lines.append(f'<div class="line">{bar(float("nan"), 0, 1, "", name)}<div class="number">-</div></div>')
            continue
        said = f"{name}: {percent_with_interval(rate)}"
        lines.append(
            f'<div class="line">{bar(rate.value, rate.low, rate.high, colours[name], said)}'
            f'<div class="number">{round(sum(tries)):,}/{len(tries):,}</div></div>'
        )
    mark = f'<span class="flag">{html_text(flag)}</span>' if flag else ""
    return f'<div class="task"><div class="name">{html_text(one_line(task, 120))}{mark}</div>{"".join(lines)}</div>'


def flags_section(flags: Mapping[str, TaskFlag]) -> Iterator[str]:
    """Yield the tasks that tell agents apart badly, by flag."""
    if not flags:
        return
    yield "<h2>Tasks worth a look</h2>"
    meanings: dict[TaskFlag, str] = {
        "flaky": "An agent's own tries disagree.",
        "too hard": "No try of any agent passed: is the task possible, and its grader right?",
        "too easy": "All tries of all agents passed: it tells nobody apart.",
    }
    for flag, meaning in meanings.items():
        names = [task for task, own in flags.items() if own == flag]
        if names:
            listed = ", ".join(one_line(name, 60) for name in names[:40])
            more = f" and {len(names) - 40} more" if len(names) > 40 else ""
            yield (
                f"<p><strong>{html_text(flag.capitalize())}</strong> ({len(names)}). "
                f'<span class="soft">{html_text(meaning)}</span> {html_text(listed + more)}</p>'
            )


def recovery_section(evaluation: Reported, plain: Reported | None, colours: Colours) -> Iterator[str]:
    """Yield for each agent the share of its success without faults that is left under them."""
    if plain is None:
        return
    yield f'<h2>Recovery under faults</h2><p class="soft">{html_text(evaluation.faults)}</p>'
    yield '<div class="card main"><div class="rows">'
    for name, found in recoveries(evaluation, plain).items():
        if isinstance(found, str):
            said = f'<p class="facts soft">{html_text(found)}</p>'
            yield f'<div class="row"><div>{agent_name(name, colours)}</div>{said}</div>'
            continue
        before, after = plain.pass_rate(name).value, evaluation.pass_rate(name).value
        yield (
            f'<div class="row"><div>{agent_name(name, colours)}</div>'
            f'<div class="number">{percent(found.rate)} ({100 * found.low:.0f} to {100 * found.high:.0f})</div>'
            f"{bar(found.rate, found.low, found.high, colours[name], str(found))}"
            f'<div class="facts soft">{percent(before)} without faults, {percent(after)} under them</div></div>'
        )
    yield f"{scale('0%', '25%', '50%', '75%', '100%')}</div></div>"
