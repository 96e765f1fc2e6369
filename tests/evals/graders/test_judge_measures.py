"""A judge is measured against people: agreement, kappa, and which way it errs, with intervals."""

import math

import pytest

from agentkit.errors import UsageError
from agentkit.evals.graders import HandScored, answers, measure_judge
from agentkit.evals.trial import Trial

pytestmark = pytest.mark.anyio


def sample(output: str, *, passed: bool) -> HandScored:
    return HandScored(output=output, passed=passed)


async def test_agreement_kappa_and_errors() -> None:
    samples = [sample("a", passed=True)] * 20 + [sample("b", passed=True)] * 5
    samples += [sample("a", passed=False)] * 10 + [sample("b", passed=False)] * 15
    measures = await measure_judge(answers("a"), samples)
    assert measures.agreement.value == 0.7
    assert measures.kappa.value == pytest.approx(0.4)  # Cohen (1960): 35 of 50 agree, 25 by chance
    assert measures.kappa.low < 0.4 < measures.kappa.high
    assert (measures.false_passes.value, measures.false_failures.value) == (0.4, 0.2)
    assert len(measures.disagreements) == 15
    assert str(measures).startswith("agreement 0.70 (0.56-0.81) against 0.50 of a constant verdict, kappa 0.40 (")


async def test_a_judge_that_passes_everything_agrees_by_chance_alone() -> None:
    async def generous(_: Trial[object]) -> bool:
        return True

    measures = await measure_judge(generous, [sample("a", passed=True)] * 9 + [sample("b", passed=False)])
    assert (measures.agreement.value, measures.constant_agreement, measures.kappa.value) == (0.9, 0.9, 0.0)
    alike = await measure_judge(generous, [sample("a", passed=True)] * 3)
    assert math.isnan(alike.kappa.value)
    assert math.isnan(alike.false_passes.value)
    with pytest.raises(UsageError, match="give it samples"):
        await measure_judge(generous, [])


async def test_a_sample_without_a_verdict_is_named_and_counts_nowhere() -> None:
    def moody(trial: Trial[object]) -> bool:
        if trial.output == "b":
            raise ValueError("no verdict")
        return True

    measures = await measure_judge(moody, [sample(one, passed=True) for one in "abac"], concurrency=2)
    assert [(one.output, why) for one, why in measures.unjudged] == [("b", "ValueError: no verdict")]
    assert [one.output for one, _ in measures.judged] == ["a", "a", "c"]
    assert str(measures).endswith("3 samples; 1 without a verdict)")
