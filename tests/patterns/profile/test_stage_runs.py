"""A funnel that dies in any stage goes on and pays for nothing twice; a mailbox that has grown costs what is new."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import anyio
import pytest

from agentkit import RunInProgress
from agentkit.messages.message import JSONObject
from agentkit.patterns import FunnelOptions, FunnelResult, MailIndex, Plan, funnel, plan_funnel
from agentkit.simulator import Script, Simulator
from agentkit.testing import Reply, script
from benchmarks.planted_mail import GOAL, ScriptedModels, plant_facts, planted_mailbox
from tests.patterns.profile.test_funnel import Facts, check_messages, planted, recalled

pytestmark = pytest.mark.anyio

FACTS = plant_facts(3)


async def run(index: MailIndex, models: ScriptedModels, options: FunnelOptions) -> FunnelResult[Facts]:
    given: FunnelOptions = {"concurrency": 1, **options}
    with script(models):
        return await funnel(index, GOAL, outline=Facts, **given)


class Dying(ScriptedModels):
    """Models that end the process, as far as a test can, instead of answering a certain request."""

    scope: anyio.CancelScope
    left = 0

    def __call__(self, request: JSONObject) -> Reply:
        self.left -= 1
        if self.left < 0:
            self.scope.cancel()
        return super().__call__(request)


async def test_a_funnel_that_dies_at_any_request_goes_on(tmp_path: Path) -> None:
    async with planted(tmp_path, FACTS, 2) as index:
        whole = await run(index, models := ScriptedModels(FACTS), {"journal": tmp_path / "whole.db"})
        stages = [stage for stage, _ in models.requests]
        assert {*stages} == {"queries", "filter", "evidence", "writing"}
        deaths = [stages.index(stage) + (stages.count(stage) > 1) for stage in dict.fromkeys(stages)]
        for at in deaths:
            options: FunnelOptions = {"journal": tmp_path / f"{at}.db", "run_id": "anna"}
            dying = Dying(FACTS)
            dying.left = at
            with anyio.CancelScope() as dying.scope:
                await run(index, dying, options)
            assert dying.scope.cancelled_caught, at
            result = await run(index, rest := ScriptedModels(FACTS), options)
            assert (result.profile, result.statements) == (whole.profile, whole.statements)
            assert len(rest.requests) == len(stages) - at, "all but the request in flight is answered by the journal"
            again = await run(index, none := ScriptedModels(FACTS), options)
            assert (again.profile, none.requests) == (whole.profile, [])


KILLED_FUNNEL = """
import sys
import anyio
from agentkit.patterns import MailIndex, funnel

async def main():
    goal, folder = sys.argv[1:]
    async with MailIndex.open(f"{folder}/mail.db") as index:
        result = await funnel(index, goal, concurrency=2, journal=f"{folder}/runs.db")
    print(result.ok, result.dropped, result.profile.model_dump_json())

anyio.run(main)
"""


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_process_that_is_killed_pays_for_nothing_twice_but_what_was_in_flight(tmp_path: Path) -> None:
    deaths = [("filter", 2), ("writing", 2)]
    models = ScriptedModels(FACTS)

    def answer(request: JSONObject) -> Reply:
        reply = models(request)
        stages = [stage for stage, _ in models.requests]
        if deaths and (stages[-1], stages.count(stages[-1])) == deaths[0]:
            del deaths[0]
            child.kill()
        return reply

    async with planted(tmp_path, FACTS, 2) as index:
        with script(whole := ScriptedModels(FACTS)):
            expected = await funnel(index, GOAL)
    simulator = Simulator(Script(answer))
    async with simulator.serve() as url:
        program = [sys.executable, "-c", KILLED_FUNNEL, GOAL, str(tmp_path)]
        there = {**os.environ, "ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url}
        for _ in range(2):
            async with await anyio.open_process(program, stderr=None, env=there) as child:
                assert await child.wait() == -signal.SIGKILL
        ended = await anyio.run_process(program, env=there)
    assert expected.profile is not None
    assert ended.stdout.decode() == f"True 0 {expected.profile.model_dump_json()}\n"
    answered = [row for row in simulator.ledger.rows if row.status == 200]
    assert len({*simulator.bodies}) == len(whole.requests)
    assert len(whole.requests) <= len(answered) <= len(whole.requests) + 2 * 2, "two at once were in flight"


@pytest.mark.parametrize("how", ["journal", "kept"])
async def test_a_mailbox_that_has_grown_costs_what_is_new(tmp_path: Path, how: str) -> None:
    ways: dict[str, FunnelOptions] = {"journal": {"journal": tmp_path / "runs.db"}, "kept": {"kept": tmp_path / "kept"}}
    options = ways[how]
    more = plant_facts(5, seed=2)[3:]
    async with planted(tmp_path, FACTS, 2) as index:
        first = await run(index, ScriptedModels(FACTS), options)
        again = await run(index, nothing := ScriptedModels(FACTS), options)
        box = tmp_path / "more.mbox"
        await anyio.Path(box).write_bytes(planted_mailbox(more, 1, seed=5).replace(b"example.com>\n", b"x.com>\n"))
        await index.add(box)
        grown = await run(index, models := ScriptedModels([*FACTS, *more]), options)
        plan = await plan_funnel(index, GOAL, outline=Facts, **options)
        await check_messages(index, grown)
    assert (again.profile, nothing.requests) == (first.profile, [])
    assert [(one.name, one.cost) for one in again.stages] == [(one.name, one.cost) for one in first.stages]
    assert first.new_cost.usd == pytest.approx(first.cost.usd)
    assert again.new_cost.usd == 0
    assert 0 < (grown.new_cost.usd or 0) < (grown.cost.usd or 0)
    stages = [stage for stage, _ in models.requests]
    assert (stages.count("queries"), stages.count("filter"), stages.count("evidence")) == (0, 2, 2)
    assert recalled(grown, [*FACTS, *more]) == {fact.mark for fact in [*FACTS, *more]}
    assert plan.known == (5 if how == "kept" else 0)


async def test_a_thread_that_has_grown_is_read_again(tmp_path: Path) -> None:
    options: FunnelOptions = {"kept": tmp_path / "kept.db"}
    async with planted(tmp_path, FACTS, 0) as index:
        await run(index, ScriptedModels(FACTS), options)
        box = tmp_path / "more.mbox"
        answer = "From: carl@example.net\nMessage-ID: <x@y>\nIn-Reply-To: <1.1@example.com>\n\nI pay now.\n"
        await anyio.Path(box).write_text(f"From x Mon Jan  1 10:00:00 2024\n{answer}")
        await index.add(box)
        result = await run(index, models := ScriptedModels(FACTS), options)
    assert [stage for stage, _ in models.requests][:2] == ["filter", "evidence"]
    assert "I pay now." in str(models.requests[1][1]["messages"])
    assert len([stage for stage, _ in models.requests if stage != "writing"]) == 2
    assert result.ok


@pytest.mark.parametrize("second", ["funnel", "sample"])
async def test_two_at_the_same_funnel_do_not_pay_twice(tmp_path: Path, second: str) -> None:
    ended: list[FunnelResult[Facts] | Plan | RunInProgress] = []
    options: FunnelOptions = {"journal": tmp_path / "runs.db"}

    async def ask(index: MailIndex, name: str) -> None:
        try:
            if name == "sample":
                ended.append(await plan_funnel(index, GOAL, outline=Facts, sample=2, **options))
            else:
                ended.append(await funnel(index, GOAL, outline=Facts, **options))
        except RunInProgress as error:
            ended.append(error)

    async with planted(tmp_path, FACTS, 2) as index:
        whole = await run(index, alone := ScriptedModels(FACTS), {})
        with script(models := ScriptedModels(FACTS)):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ask, index, "funnel")
                tasks.start_soon(ask, index, second)
            await ask(index, "funnel")
    assert [isinstance(one, RunInProgress) for one in ended] == [True, False, False]
    assert isinstance(ended[2], FunnelResult)
    assert (ended[2].profile, len(models.requests)) == (whole.profile, len(alone.requests))


async def test_another_goal_under_the_same_id_has_queries_of_its_own(tmp_path: Path) -> None:
    options: FunnelOptions = {"journal": tmp_path / "runs.db", "run_id": "anna"}
    async with planted(tmp_path, FACTS, 0) as index:
        await run(index, ScriptedModels(FACTS), options)
        with script(models := ScriptedModels(FACTS)):
            await funnel(index, "Who is Ben?", outline=Facts, **options)
    assert [stage for stage, _ in models.requests].count("queries") == 3
