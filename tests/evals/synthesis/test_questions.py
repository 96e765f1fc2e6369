"""The answers follow from the facts: each is computed here once more, in another way."""

from __future__ import annotations

from collections import Counter

import pytest

from agentkit.evals.synthesis.corpus import corpus_of
from agentkit.evals.synthesis.facts import Facts
from agentkit.evals.synthesis.names import GOODS, PORTS
from agentkit.evals.synthesis.questions import Expected, questions_of

CASES = [(10_000, 7), (10_000, 0), (10_000, 1), (40_000, 2)]


def by_kind(tokens: int, seed: int) -> tuple[Facts, dict[str, list[Expected]]]:
    found: dict[str, list[Expected]] = {}
    for one in questions_of(tokens, seed):
        found.setdefault(one.kind, []).append(one)
    return corpus_of(tokens, seed).facts, found


@pytest.mark.parametrize(("tokens", "seed"), CASES)
def test_each_answer_is_what_the_facts_say(tokens: int, seed: int) -> None:
    facts, found = by_kind(tokens, seed)
    assert {kind: len(some) for kind, some in found.items()} == {
        "count": 4, "compare": 2, "order": 2, "contradict": 2, "absent": 2,
    }  # fmt: skip
    hit = Counter(one.incident for one in facts.arrivals if one.has_incident)
    assert sorted(one.number or 0 for one in found["count"]) == sorted(hit.values())
    for one in found["compare"]:
        good = next(good for good in GOODS if f"order of the {good}" in one.question)
        totals = [sum(a.amount for a in facts.arrivals if (a.ship.name, a.good) == (name, good)) for name in one.names]
        assert totals == sorted({*totals}, reverse=True)
        assert totals[0] == one.number
    for one in found["order"]:
        days = [needed[0].passages[0][0].arrival for needed in one.evidence]
        assert [day.day for day in days if day] == sorted({day.day for day in days if day})
        assert len(one.names) >= 5
    amounts, builders = found["contradict"]
    assert {*amounts.names} == {a.ship.name for a in facts.arrivals if a.misreported_amount not in (None, a.amount)}
    assert {*builders.names} == {ship.name for ship in facts.ships if ship.misreported_as}
    for one in found["absent"]:
        port = next(port for port in PORTS if f"came into {port}" in one.question)
        called = {a.ship.name for a in facts.arrivals if a.port == port}
        assert {*one.names} <= called
        assert called.isdisjoint(one.absent)
        assert one.absent


@pytest.mark.parametrize(("tokens", "seed"), CASES)
def test_each_answer_needs_several_documents(tokens: int, seed: int) -> None:
    for one in questions_of(tokens, seed):
        documents = {passage.document for needed in one.evidence for each in needed for passage, _ in each.passages}
        assert len(documents) >= (1 if one.absent else 2)  # that there is nothing, only all of them show
        assert all(needed for needed in one.evidence)
        assert len({*one.names}) == len(one.names) == len(one.evidence) >= 2
    assert len({one.question for one in questions_of(tokens, seed)}) == 12
