"""A stratified sample prices the whole: the interval covers what the whole costs, and nothing is paid twice."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from agentkit import Agent, Budget, Retry, UsageError
from agentkit.messages.message import JSONObject
from agentkit.patterns import FunnelOptions, funnel, plan_funnel
from agentkit.patterns.mail.records import FoundThread
from agentkit.patterns.profile.sampling import draw_sample
from agentkit.testing import Reply, script
from benchmarks.planted_mail import GOAL, ScriptedModels, plant_facts
from tests.patterns.profile.test_funnel import Facts, planted

pytestmark = pytest.mark.anyio


def test_a_part_of_each_size_is_drawn_always_the_same() -> None:
    draw = Random(1)
    threads = [FoundThread(f"{number}", 1, draw.randrange(10_000), None, "") for number in range(400)]
    groups = draw_sample(threads, 40)
    assert sorted(one.id for group, _ in groups for one in group) == sorted(one.id for one in threads)
    assert [(len(group), len(some)) for group, some in groups] == [(100, 10)] * 4
    assert max(one.chars for one in groups[0][0]) <= min(one.chars for one in groups[3][0])
    assert groups == draw_sample(threads[::-1], 40)
    assert [len(some) for size in (1, 3, 10) for _, some in draw_sample(threads, size)] == [2, 3, 2, 3, 2, 3]
    for count, size in ((1, 9), (2, 1), (3, 200), (5, 1)):
        drawn = [one for _, some in draw_sample(threads[:count], size) for one in some]
        assert 0 < len(drawn) <= count
        assert len(drawn) == len({*drawn})


async def test_the_interval_covers_the_price_of_the_whole(tmp_path: Path) -> None:
    facts = plant_facts(24)
    options: FunnelOptions = {"journal": tmp_path / "runs.db", "queries": ["notes", "lantern"]}
    models = ScriptedModels(facts)
    async with planted(tmp_path, facts, 24) as index:
        with script(models):
            plan = await plan_funnel(index, GOAL, outline=Facts, sample=16, **options)
            sampled = len(models.requests)
            whole = await funnel(index, GOAL, outline=Facts, **options)
            with pytest.raises(UsageError, match="sample=0"):
                await plan_funnel(index, GOAL, sample=0)
        sized = await plan_funnel(index, GOAL, outline=Facts, **options)
    assert (plan.documents, plan.sampled, sized.sampled) == (48, 16, 0)
    assert plan.min_cost_usd is not None
    assert plan.max_cost_usd is not None
    assert whole.cost.usd is not None
    assert plan.min_cost_usd < whole.cost.usd < plan.max_cost_usd
    assert plan.max_cost_usd - plan.min_cost_usd < (sized.max_cost_usd or 0) - (sized.min_cost_usd or 0)
    assert 16 < sampled < len(models.requests)
    assert len(models.requests) == 48 + 24 + 3, "what the sample has read is not read again"
    assert abs(plan.calls - 75) < 15


async def test_threads_that_could_not_be_read_are_not_taken_for_cheap(tmp_path: Path) -> None:
    facts = plant_facts(12)
    options: FunnelOptions = {"queries": ["notes", "lantern"]}
    models, failing = ScriptedModels(facts), 0
    reader = Agent("reader", model="claude-haiku-5-5", retry=Retry(max_attempts=1))

    def play(request: JSONObject) -> Reply:
        reply = models(request)
        fails = models.requests[-1][0] == "filter" and len(models.requests) % 4 < failing
        return Reply.failure(500, "api_error") if fails else reply

    async with planted(tmp_path, facts, 12) as index:
        with script(play):
            whole = await plan_funnel(index, GOAL, outline=Facts, sample=16, reader=reader, **options)
            failing = 1
            part = await plan_funnel(index, GOAL, outline=Facts, sample=16, reader=reader, **options)
            limited: FunnelOptions = {**options, "budget": Budget(max_requests=5)}
            for share, given in ((0, limited), (4, options)):
                failing = share
                with pytest.raises(UsageError, match=r"sample=16\): of 16 threads only \d could be read"):
                    await plan_funnel(index, GOAL, outline=Facts, sample=16, reader=reader, **given)
    assert (whole.sampled, whole.not_sampled) == (16, 0)
    assert part.sampled + part.not_sampled == 16
    assert 0 < part.not_sampled < 8
    assert f"by a sample of {part.sampled} ({part.not_sampled} more could not be read)" in str(part)
    assert whole.min_cost_usd is not None
    assert part.max_cost_usd is not None
    assert part.max_cost_usd > whole.min_cost_usd
