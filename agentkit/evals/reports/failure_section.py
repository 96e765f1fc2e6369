"""The sections of the page on trials: failures with their transcripts folded in, and problems apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from agentkit.evals.reports.agent_sections import Colours, agent_name
from agentkit.evals.reports.failures import Failures, failures_of
from agentkit.evals.reports.numbers import dollars, duration
from agentkit.evals.reports.reported import Reported
from agentkit.evals.reports.transcripts import shortened_text, transcript_html
from agentkit.evals.trial import AnyTrial
from agentkit.messages.printable import one_line, plural
from agentkit.patterns.html_page import Html, html_table, html_text
from agentkit.tools.json_forms import NoJsonForm
from agentkit.tools.serialization import json_text

FAILURE_STYLE = """
details > summary { cursor: pointer; } .failures > details { border-top: 1px solid var(--line); padding: .5rem 0; }
.failures > details > summary { list-style-position: outside; margin-left: 1.1rem; line-height: 1.35; }
.try { margin: .6rem 0 .6rem 1.1rem; padding-left: .9rem; border-left: 2px solid var(--line); }
.try summary { color: var(--soft); font-size: .875rem; }
.transcript { margin-top: .4rem; } .message { display: grid; grid-template-columns: 3.6rem minmax(0, 1fr); gap: .6rem;
  margin: .35rem 0; } .message > span { padding-top: .3rem; }
pre { margin: 0 0 .3rem; padding: .35rem .6rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .35rem; white-space: pre-wrap; overflow-wrap: anywhere; font: .8rem/1.45 ui-monospace, monospace;
  max-height: 26rem; overflow-y: auto; }
pre.call { border-left: 3px solid var(--one); } pre.bad { border-left: 3px solid var(--bad); }
pre.soft { color: var(--soft); font-size: .8rem; } ul.reasons { margin: .2rem 0; padding-left: 1.1rem; }
.alarm { border: 1px solid var(--bad); border-radius: .6rem; padding: .7rem 1rem; margin: 1rem 0; }
.alarm strong { color: var(--bad); }
@media (max-width: 30rem) { .message { grid-template-columns: minmax(0, 1fr); gap: .1rem; }
  .try { margin-left: 0; padding-left: .6rem; } }
"""
_MOST_GROUPS = 300
"""Pairs of a task and an agent that the page names."""
_MOST_TRIES = 5
"""Failed tries of such a pair that are shown."""
_MOST_BYTES = 2_000_000
"""The size of all transcripts together; first each pair has one, then a second, and so on."""
_MOST_REASONS = 6
_REASON_CHARS = 400


def failures_section(evaluation: Reported, colours: Colours) -> Iterator[str]:
    """Yield the failed tries by agent and task, each with its transcript folded in while the page has room."""
    groups = failures_of(evaluation)
    if not groups:
        return
    count = sum(len(group.trials) for group in groups)
    yield f'<h2>Failures</h2><p class="soft">{plural(count, "trial")} failed.</p><div class="failures">'
    transcripts = _transcripts(evaluation, groups[:_MOST_GROUPS])
    for group in groups[:_MOST_GROUPS]:
        yield (
            f"<details><summary>{agent_name(group.agent, colours)} · {html_text(one_line(group.task, 120))} "
            f'<span class="soft">{len(group.trials):,} of {group.judged:,} failed</span>{_reasons(group)}</summary>'
        )
        yield from (_try(trial, transcripts.get(id(trial), "")) for trial in group.trials[:_MOST_TRIES])
        if (more := len(group.trials) - _MOST_TRIES) > 0:
            yield f'<p class="soft">{plural(more, "more failed try", "more failed tries")}</p>'
        yield "</details>"
    if len(groups) > _MOST_GROUPS:
        yield f'<p class="soft">{plural(len(groups) - _MOST_GROUPS, "more task")} with failures left out</p>'
    yield "</div>"


def _transcripts(evaluation: Reported, groups: Sequence[Failures]) -> dict[int, str]:
    """Return the transcripts that the page has room for, by the identity of their trials."""
    found: dict[int, str] = {}
    room = _MOST_BYTES
    for place in range(_MOST_TRIES):
        for group in groups:
            if place < len(group.trials):
                text = transcript_html(evaluation.transcript(group.trials[place]))
                room -= len(text)
                if room < 0:
                    return found
                found[id(group.trials[place])] = text
    return found


def _reasons(group: Failures) -> str:
    shown = [
        f"<li>{html_text(shortened_text(reason, _REASON_CHARS))}"
        f"{f' <span class=soft>({count} times)</span>' if count > 1 else ''}</li>"
        for reason, count in group.reasons[:_MOST_REASONS]
    ]
    more = len(group.reasons) - _MOST_REASONS
    shown += [f'<li class="soft">{plural(more, "more reason")}</li>'] if more > 0 else []
    return f'<ul class="reasons">{"".join(shown)}</ul>'


def _try(trial: AnyTrial, transcript: str) -> str:
    facts = [f"try {trial.number}", str(trial.outcome), duration(trial.seconds)]
    facts += [dollars(trial.cost_usd)] if trial.cost_usd is not None else []
    output = shortened_text(_output_text(trial.output), _REASON_CHARS)
    said = "" if trial.output is None else f"<p>{html_text(output)}</p>"
    folded = f"<details><summary>transcript</summary>{transcript}</details>" if transcript else ""
    return f'<div class="try"><p class="soft">{html_text(" · ".join(facts))}</p>{said}{folded}</div>'


def _output_text(output: object) -> str:
    """Return an output as text: as JSON, or the name of a type that has no JSON form."""
    try:
        return output if isinstance(output, str) else json_text(output)
    except NoJsonForm:
        return f"<{type(output).__name__}>"


def problems_alarm(problems: Sequence[AnyTrial]) -> Iterator[str]:
    """Yield a warning where trials say nothing about their agents."""
    if problems:
        yield (
            f'<div class="alarm"><strong>{plural(len(problems), "trial")} could not be judged.</strong> They count '
            "neither as passed nor as failed; the reasons stand at the end of this page.</div>"
        )


def problems_section(problems: Sequence[AnyTrial]) -> Iterator[str]:
    """Yield the reasons why trials say nothing about their agents, each with the trials that it concerns."""
    if not problems:
        return
    counts = Counter((trial.problem, trial.agent) for trial in problems)
    tasks: dict[tuple[str, str], list[str]] = {}
    for trial in problems:
        tasks.setdefault((trial.problem, trial.agent), []).append(trial.task)
    rows = [
        (
            agent,
            f"{count:,}",
            Html(f'<div class="problem">{html_text(shortened_text(problem, _REASON_CHARS))}</div>'),
            one_line(", ".join(dict.fromkeys(tasks[problem, agent])), 80),
        )
        for (problem, agent), count in counts.most_common(100)
    ]
    yield '<h2>Problems</h2><p class="soft">Infrastructure failures, and graders that raised.</p>'
    yield html_table(["agent", "trials", "reason", "tasks"], rows)
