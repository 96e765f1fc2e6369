"""Facts are drawn by seed: each ship arrives on different days, and misfortunes happen to a few ships, once each."""

from collections import Counter
from random import Random

import pytest

from agentkit.evals.synthesis.facts import INCIDENTS, draw_facts


@pytest.mark.parametrize("passages", [180, 3_000])
def test_facts(passages: int) -> None:
    facts = draw_facts(passages, Random(1))
    assert facts == draw_facts(passages, Random(1)) != draw_facts(passages, Random(2))
    reports = len(facts.arrivals) + sum(one.is_reported_twice for one in facts.arrivals)
    mentions = len(facts.ships) + sum(ship.is_mentioned_again for ship in facts.ships)
    assert reports + mentions == pytest.approx(passages, rel=0.02)
    assert len({(one.ship.name, one.day) for one in facts.arrivals}) == len(facts.arrivals)
    assert all(1 <= one.day <= 365 for one in facts.arrivals)
    assert [one.day for one in facts.arrivals] == sorted(one.day for one in facts.arrivals)
    for kind in INCIDENTS:
        hit = Counter(one.ship.name for one in facts.arrivals if one.has_incident and one.incident == kind)
        assert 5 <= len(hit) <= 8
        assert max(hit.values()) == 1
    wrong = [one for one in facts.arrivals if one.misreported_amount is not None]
    assert len({one.ship.name for one in wrong}) == len(wrong) == 4
    assert all(one.is_reported_twice and one.misreported_amount != one.amount for one in wrong)
    assert 3 <= sum(bool(ship.misreported_as) for ship in facts.ships) <= 5
