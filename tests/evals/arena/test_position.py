"""The advantage of the answer that is shown first."""

from __future__ import annotations

import random

import pytest

from agentkit.evals.arena import position_bias
from benchmarks.coverage import Arena


def test_an_advantage_is_found_beside_the_strengths() -> None:
    fair = position_bias(Arena(4, 2_000).play(0))
    assert fair.advantage.low < 0 < fair.advantage.high
    draw = random.Random(0)
    swayed = [("strong", "weak", "a") if draw.random() < 0.9 else ("strong", "weak", "b") for _ in range(300)]
    swayed += [("weak", "strong", "a") if draw.random() < 0.3 else ("weak", "strong", "b") for _ in range(100)]
    found = position_bias(swayed)
    assert found.advantage.low < 0.675 < found.advantage.high  # half of logit(0.9) + logit(0.3)
    assert found.first_won.value > 0.7  # for the strong one stood first more often


def test_who_always_takes_the_first_has_a_large_one() -> None:
    found = position_bias([("a", "b", "a")] * 30 + [("b", "a", "a")] * 30 + [("c", "d", "tie")])
    assert 2 < found.advantage.low < found.advantage.strength < found.advantage.high < 20
    assert found.first_won.value == 1
    assert str(found).endswith(" logits; it won 1.00 (0.94-1.00) of the battles with a winner")
    assert str(found).startswith(f"first place: {found.advantage}")
    ties = position_bias([("a", "b", "tie")])
    assert ties.advantage.strength == pytest.approx(0)
    with pytest.raises(ValueError, match="no battles"):
        position_bias([])
