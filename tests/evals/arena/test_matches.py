"""Battles fought here: contenders answer, a judge compares, failures are no defeats."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from agentkit import Agent
from agentkit.errors import RunIncomplete
from agentkit.evals.arena import Winner, agent_judge, battle, battle_all, bradley_terry, position_bias
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


@dataclass
class Price:
    eur: float


async def shouting(prompt: str) -> str:
    return prompt.upper()


async def lookup(prompt: str) -> Price:
    return Price(4.0)


async def longer_is_better(prompt: str, first: str, second: str) -> Winner:
    return "tie" if len(first) == len(second) else "a" if len(first) > len(second) else "b"


async def first_is_better(prompt: str, first: str, second: str) -> Winner:
    return "a"


async def test_an_agent_battles_a_pipeline() -> None:
    terse = Agent("terse", model="claude-haiku-5-5")
    with script(Reply.text("4 EUR")):
        match = await battle(
            "How much is tea?", {"terse": terse, "loud": shouting}, longer_is_better, category="prices"
        )
    assert match.answers == {"terse": "4 EUR", "loud": "HOW MUCH IS TEA?"}
    assert (match.battle.a, match.battle.winner, match.battle.category) == ("terse", "b", "prices")
    assert [(one.a, one.winner) for one in match.judgements] == [("terse", "b"), ("loud", "a")]
    typed = await battle("Tea?", {"typed": lookup, "loud": shouting}, longer_is_better)
    assert typed.answers["typed"] == '{"eur":4.0}'


async def test_a_judge_who_likes_what_comes_first_decides_nothing() -> None:
    match = await battle("Tea?", {"a": shouting, "b": lookup}, first_is_better)
    assert match.battle.winner == "tie"
    assert {one.winner for one in match.judgements} == {"a"}
    once = await battle("Tea?", {"a": shouting, "b": lookup}, first_is_better, both_orders=False)
    assert (once.battle.winner, len(once.judgements)) == ("a", 1)
    with pytest.raises(ValueError, match=r"two contenders are needed, not 1 \(a\)"):
        await battle("Tea?", {"a": shouting}, first_is_better)


async def test_all_pairs_meet_on_each_prompt_and_are_rated() -> None:
    asked: list[str] = []

    async def once(prompt: str) -> str:
        asked.append(prompt)
        return prompt * 2

    contenders = {"once": once, "loud": shouting, "typed": lookup}
    matches, failures = await battle_all(
        ["Tea?", "How much is tea today?"], contenders, longer_is_better, concurrency=2
    )
    assert sorted(asked) == ["How much is tea today?", "Tea?"]
    assert failures == []
    assert [match.prompt for match in matches] == ["Tea?"] * 3 + ["How much is tea today?"] * 3
    ratings = bradley_terry(match.battle for match in matches)
    assert list(ratings)[-1] == "loud"
    bias = position_bias(judgement for match in matches for judgement in match.judgements)
    assert bias.advantage.strength == pytest.approx(0, abs=1e-6)
    chosen, _ = await battle_all(["Tea?"], contenders, first_is_better, pairs=[("loud", "typed")], both_orders=False)
    assert [(one.battle.a, one.battle.b) for one in chosen] == [("loud", "typed")]


async def test_a_failure_is_no_defeat_and_costs_no_other_match() -> None:
    ill = Agent("ill", model="claude-haiku-5-5")

    def refuse(request: JSONObject) -> Reply:
        return Reply.refusal("No.", "cyber")

    with script(refuse):
        matches, failures = await battle_all(["Tea?"], {"ill": ill, "a": shouting, "b": lookup}, longer_is_better)
        assert [(one.battle.a, one.battle.b) for one in matches] in ([("a", "b")], [("b", "a")])
        assert [sorted({*failure.names} - {"ill"}) for failure in failures] in ([["a"], ["b"]], [["b"], ["a"]])
        assert isinstance(failures[0].error, RunIncomplete)
        _, unjudged = await battle_all(["Tea?"], {"a": shouting, "b": lookup}, agent_judge(ill))
        assert len(unjudged) == 1
        with pytest.raises(RunIncomplete):
            await battle("Tea?", {"ill": ill, "a": shouting}, longer_is_better)


async def test_a_pair_of_strangers_is_refused() -> None:
    with pytest.raises(ValueError, match="battle_all: quiet in `pairs` is none of the contenders, loud"):
        await battle_all(["Tea?"], {"loud": shouting}, longer_is_better, pairs=[("loud", "quiet")])


async def test_a_fault_of_a_pipeline_or_a_judge_costs_its_own_matches() -> None:
    async def broken(prompt: str) -> str:
        raise LookupError("no such index")

    async def cancelled(prompt: str) -> str:
        raise asyncio.CancelledError

    async def broken_judge(prompt: str, first: str, second: str) -> Winner:
        raise LookupError("no such rubric")

    several = {"broken": broken, "cancelled": cancelled, "a": shouting, "b": lookup}
    matches, failures = await battle_all(["Tea?"], several, longer_is_better)
    assert [set(match.answers) for match in matches] == [{"a", "b"}]
    reasons = {frozenset(failure.names): failure.reason for failure in failures}
    assert len(reasons) == 5
    assert reasons[frozenset({"broken", "a"})] == "LookupError: no such index"
    assert "it was cancelled, although nothing around it was" in reasons[frozenset({"cancelled", "b"})]
    _, unjudged = await battle_all(["Tea?"], {"a": lookup, "b": lookup, "loud": shouting}, broken_judge)
    assert [failure.reason for failure in unjudged] == ["LookupError: no such rubric"] * 3
    with pytest.raises(LookupError, match="no such index"):
        await battle("Tea?", {"broken": broken, "loud": shouting}, longer_is_better)
