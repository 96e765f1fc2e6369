"""Numbers as reports write them: shares in percent, prices, differences, and what was run."""

from __future__ import annotations

import math
from collections.abc import Iterator

from agentkit.evals.reports.reported import Reported
from agentkit.messages.printable import plural
from agentkit.patterns.classify.intervals import Interval


def percent(share: float) -> str:
    """Return a share as `72%`. NaN: `-`."""
    return "-" if math.isnan(share) else f"{100 * share:.0f}%"


def percent_with_interval(interval: Interval) -> str:
    """Return a share with its interval as `72% (61-81)`. NaN: `-`."""
    if math.isnan(interval.value):
        return "-"
    return f"{percent(interval.value)} ({100 * interval.low:.0f}-{100 * interval.high:.0f})"


def points(interval: Interval) -> str:
    """Return a difference of two shares as `+12 (+3 to +20)`, in percentage points."""
    low, high = (f"{_rounded(end):+d}" for end in (interval.low, interval.high))
    return f"{_rounded(interval.value):+d} ({low} to {high})"


def dollars(usd: float | None) -> str:
    """Return a price as `$0.0021`. None: `-`, since it is not known."""
    if usd is None:
        return "-"
    return f"${usd:,.2f}" if usd >= 1 else f"${usd:.4f}"


def duration(seconds: float) -> str:
    """Return a time as `3.2 s`. NaN: `-`."""
    if math.isnan(seconds):
        return "-"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def p_value(value: float) -> str:
    """Return a p value as `p = 0.03`, or `p < 0.001`."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.2g}"


def signed(value: float) -> str:
    """Return a number with its sign and one digit: `+1.2`, `-0.4`, `+0.0`."""
    return f"{round(value, 1) + 0.0:+.1f}"


def run_facts(evaluation: Reported) -> Iterator[str]:
    """Yield what was run, in a few words each."""
    yield plural(len(evaluation.tasks), "task")
    yield plural(len(evaluation.agents), "agent")
    if evaluation.until_width is None:
        yield plural(evaluation.tries, "try", "tries")
    else:
        yield f"until intervals are {evaluation.until_width:g} wide, at most {plural(evaluation.tries, 'try', 'tries')}"
    yield plural(len(evaluation.trials), "trial")
    costs = [trial.cost_usd for trial in evaluation.trials]
    known = [cost for cost in costs if cost is not None]
    yield dollars(sum(known)) + ("" if len(known) == len(costs) else " and what has no known price")
    if evaluation.faults:
        yield f"faults: {evaluation.faults}"
    yield f"{evaluation.started:%Y-%m-%d %H:%M} UTC"
    yield f"seed {evaluation.seed}"


def _rounded(share: float) -> int:
    return round(100 * share)
