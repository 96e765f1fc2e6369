"""Progress tells how far an evaluation is, with an estimate for each agent."""

import math

from agentkit.evals import Progress
from tests.evals.trials import trial


def test_progress_has_live_estimates() -> None:
    progress = Progress(
        trial=trial(), is_kept=False, done=3, planned=8, spent_usd=0.5, rates={"a": (2, 3), "b": (0, 0)}
    )
    assert progress.rate("a").low < 2 / 3 < progress.rate("a").high
    assert math.isnan(progress.rate("b").value)
    assert str(progress) == "3 of 8 trials, $0.5000: a 2/3, b 0/0"
