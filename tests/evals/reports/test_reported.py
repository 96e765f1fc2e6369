"""What reports read is what an evaluation has."""

from __future__ import annotations

from agentkit.evals.reports.reported import Reported
from tests.evals.reports.evaluations import evaluation


def test_an_evaluation_can_be_reported() -> None:
    reported: Reported = evaluation()
    assert all(hasattr(reported, name) for name in vars(Reported) if not name.startswith("_"))
