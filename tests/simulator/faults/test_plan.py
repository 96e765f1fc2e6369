"""The assignment of faults to requests: lists, headers, and mixes that a seed draws."""

from __future__ import annotations

import anyio
import pytest

from agentkit.errors import ConfigurationError
from agentkit.simulator import Reply, Script, Simulator, faults
from agentkit.simulator.faults.plan import FaultPlan, Mix
from tests.simulator.bodies import HI
from tests.simulator.faults.wire_client import Seen, ask


def drawn(mix: Mix, conversations: list[str]) -> list[faults.Fault | None]:
    plan = FaultPlan(mix)
    return [plan.next_fault(conversation) for conversation in conversations]


def test_a_list_gives_each_request_its_own() -> None:
    cut = faults.cut(at=5)
    plan = FaultPlan([cut, None, "status:529"])
    first, second, third, fourth = (plan.next_fault("x") for _ in range(4))
    assert first is cut
    assert second is None
    assert third is not None
    assert third.error is not None
    assert fourth is None
    assert plan.describe_unused() == []


def test_what_is_left_of_a_list_is_told() -> None:
    plan = FaultPlan(["drop", None, "cut:5"])
    plan.next_fault("x")
    assert plan.describe_unused() == ["- fault 3: cut:5"]
    written = [
        faults.drip(3) + faults.delay(seconds=0.5),
        faults.status(429, retry_after="3"),
        faults.refusal(),
        faults.Fault(delay_s=1),
    ]
    assert FaultPlan(written).describe_unused() == [
        "- fault 1: drip(size=3) + delay(seconds=0.5)",
        '- fault 2: status(code=429, retry_after="3")',
        "- fault 3: refusal()",
        "- fault 4: Fault(delay_s=1)",
    ]


def test_a_fault_that_there_is_not_is_refused_at_once() -> None:
    with pytest.raises(ConfigurationError, match=r"no fault 'cutt'. Did you mean 'cut'\?"):
        Simulator(Script(), faults=["cutt:5"])


def test_the_same_seed_draws_the_same_faults_in_any_order() -> None:
    names = [f"conversation {n}" for n in range(200)]
    mix = Mix(rate=0.3, seed=7, among=["drop", "cut:0", "status:500"])
    first = dict(zip(names, drawn(mix, names), strict=True))
    second = dict(zip(reversed(names), drawn(mix, [*reversed(names)]), strict=True))
    assert [fault is None for fault in first.values()] == [second[name] is None for name in names]
    assert 30 < sum(fault is not None for fault in first.values()) < 90
    other = drawn(Mix(rate=0.3, seed=8), names)
    assert [fault is None for fault in other] != [fault is None for fault in first.values()]


def test_a_conversation_that_is_asked_again_is_drawn_anew() -> None:
    assert len({fault is None for fault in drawn(Mix(rate=0.5, seed=1), ["x"] * 20)}) == 2


@pytest.mark.parametrize(("rate", "count"), [(0, 0), (1, 50)])
def test_a_rate_can_be_none_or_all(rate: float, count: int) -> None:
    assert sum(fault is not None for fault in drawn(Mix(rate=rate), [str(n) for n in range(50)])) == count


@pytest.mark.parametrize("wrong", [{"rate": 1.1}, {"rate": -0.1}, {"among": []}])
def test_a_mix_that_is_none_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a rate between 0 and 1"):
        Mix(**wrong)  # type: ignore[arg-type]  # what a checker would say


@pytest.mark.anyio
async def test_a_spoiled_reply_comes_whole_when_the_same_conversation_asks_again() -> None:
    spoiling = ["status:529", "drop", "cut:100", "error_event", "max_tokens", "empty", "stall:10,0.01", None, "cut:100"]
    simulator = Simulator(Script(Reply.text("First. " * 20), Reply.text("Second.")), faults=spoiling)
    async with simulator.serve() as base_url:
        seen = [await ask(base_url, stream=True) for _ in range(8)]
        assert b"First" in seen[-1].data
        assert seen[-1].is_whole
        await ask(base_url, messages=[HI, HI])
        assert b"Second" in (await ask(base_url, messages=[HI, HI])).data
    assert simulator.failures == []


@pytest.mark.anyio
async def test_a_header_goes_before_the_list_and_takes_nothing_from_it() -> None:
    simulator = Simulator(Script(lambda _: Reply.text("Tea.")), faults=["status:529"])
    async with simulator.serve() as base_url:
        assert (await ask(base_url, fault="status:503")).status == 503
        assert (await ask(base_url)).status == 529
        assert (await ask(base_url, fault="statos:503")).json["error"]["message"] == (
            "x-agentkit-fault: There is no fault 'statos'. Did you mean 'status'?"
        )
        assert (await ask(base_url)).status == 200


@pytest.mark.anyio
async def test_what_breaks_a_rule_meets_no_fault() -> None:
    simulator = Simulator(Script(lambda _: Reply.text("Tea.")), faults=["status:529"])
    async with simulator.serve() as base_url:
        assert (await ask(base_url, max_tokens="many")).status == 400
        assert (await ask(base_url)).status == 529


@pytest.mark.anyio
async def test_a_mix_over_http_is_the_same_for_the_same_seed() -> None:
    async def run(seed: int) -> list[tuple[int, int, bool]]:
        simulator = Simulator(Script(lambda _: Reply.text("Tea.")), faults=Mix(rate=0.5, seed=seed))
        seen: dict[int, Seen] = {}

        async def one(base_url: str, n: int) -> None:
            seen[n] = await ask(base_url, messages=[{"role": "user", "content": f"number {n}"}])

        async with simulator.serve() as base_url, anyio.create_task_group() as tasks:
            for n in range(30):
                tasks.start_soon(one, base_url, n)
        assert simulator.unapplied_faults() == []
        return [(seen[n].status, len(seen[n].data), seen[n].is_whole) for n in range(30)]

    first = await run(3)
    assert first == await run(3)
    assert first != await run(4)
    assert len({status for status, _, _ in first}) > 1
