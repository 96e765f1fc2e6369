"""The difference of a cascade and its strong model over the same items."""

from __future__ import annotations

import pytest

from agentkit.patterns.escalation.comparison import paired_difference


def test_the_difference_of_two_shares_over_the_same_items() -> None:
    # Newcombe (1998), table II, method 10: 36 + 12 + 2 + 0 of 50.
    pairs = [(True, True)] * 36 + [(True, False)] * 12 + [(False, True)] * 2
    found = paired_difference(pairs)
    assert found.value == pytest.approx(0.2)
    assert found.low == pytest.approx(0.0569, abs=5e-4)
    assert found.high == pytest.approx(0.3404, abs=5e-4)
    same = paired_difference([(True, True)] * 10)
    assert same.low < -0.1 < 0.1 < same.high
    assert (paired_difference([]).low, paired_difference([]).high) == (-1.0, 1.0)
