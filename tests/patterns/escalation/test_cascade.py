"""The cascade: one input and many, cheap first, the evidence carried upwards, nothing paid twice and nothing lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from agentkit import Agent, Budget, ConfigurationError, Escalate, Outcome, RunContext, UsageError, tool
from agentkit.messages.message import JSONObject
from agentkit.patterns import Agreement, AnyLevel, CascadeResult, Level, cascade
from agentkit.testing import Reply, script
from tests.patterns.escalation.workers import HAIKU, LEVELS, OPUS, SONNET, is_good, play, prompt_of, worker

pytestmark = pytest.mark.anyio


@dataclass
class Sum:
    total: int


@dataclass
class Named:
    name: str


async def test_the_cheap_level_answers_and_the_strong_one_only_where_its_answer_does_not_pass() -> None:
    with script(play) as api:
        easy = await cascade("easy", levels=LEVELS, check=is_good)
        assert (easy.solved, easy.ok, easy.answer, easy.level) == (True, True, f"good, by {HAIKU}", HAIKU)
        assert (easy.reason, easy.gaps, len(easy.attempts), len(api.requests)) == ("", (), 1, 1)
        hard = await cascade("hard", levels=LEVELS, check=is_good)
    assert (hard.answer, hard.level, [one.level for one in hard.attempts]) == (f"good, by {OPUS}", OPUS, [HAIKU, OPUS])
    assert hard.attempts[0].reason == f"'bad, by {HAIKU}' does not begin with good."
    assert (hard.attempts[0].answer, hard.attempts[0].accepted) == (f"bad, by {HAIKU}", False)
    assert easy.cost.usd is not None
    assert hard.cost.usd is not None
    assert easy.cost.usd + hard.cost.usd == pytest.approx(api.ledger.usd), "the failed attempt is counted"
    assert hard.seconds == sum(one.seconds for one in hard.attempts) > 0
    shown = prompt_of(api.requests[-1])
    for text in ("hard", f"bad, by {HAIKU}", "does not begin with good"):
        assert text in shown
    assert "good, by" in str(easy)


async def test_what_nobody_solves_is_said_with_the_best_attempt() -> None:
    with script(play):
        result = await cascade("nobody", levels=LEVELS, check=is_good)
    assert (result.solved, result.answer, result.level) == (False, None, None)
    assert result.best is not None
    assert (result.best.level, result.best.answer) == (OPUS, f"bad, by {OPUS}")
    assert result.reason == f"'bad, by {OPUS}' does not begin with good."
    assert str(result).startswith("Not solved. ")


async def test_many_items_come_back_in_order_and_none_costs_another_its_result() -> None:
    async def later() -> AsyncIterator[str]:
        for item in ("hard", "", "easy"):
            await anyio.lowlevel.checkpoint()
            yield item
        raise OSError("The tape is torn.")

    seen: list[CascadeResult] = []
    with script(play):
        results = await cascade(
            later(), levels=[worker, Escalate(effort="high"), Escalate(OPUS)], check=is_good, progress=seen.append
        )
    assert [one.level for one in results] == [OPUS, None, HAIKU]
    assert [one.index for one in results] == [0, 1, 2] == sorted(one.index for one in seen)
    assert "blank" in results[1].reason
    assert "The tape is torn." in results.unreadable
    assert not results.ok
    assert results.levels == (HAIKU, f"{HAIKU} (high)", OPUS)
    first, middle, last = results.by_level.values()
    assert [(one.tried, one.solved) for one in (first, middle, last)] == [(2, 1), (1, 0), (1, 1)]
    assert (results.share_solved.value, len(results.finished), len(results.unsolved)) == (1.0, 2, 1)
    assert f"{HAIKU} (high)" in str(results)
    assert "2 of 3 items solved: 1.00 (0.34-1.00) of the 2 that were tried" in str(results)
    assert "1 item is not counted" in str(results)


async def test_typed_outputs_are_validated_and_a_value_of_the_input_type_is_one_input() -> None:
    adder = Agent("adder", model=HAIKU, input=Sum, output=Sum, output_retries=0)

    def is_double(output: Sum, given: Sum) -> str | None:
        return None if output.total == 2 * given.total else f"{output.total} is not twice {given.total}."

    def answer(request: JSONObject) -> Reply:
        if request["model"] == HAIKU:
            return Reply.text("seven") if '"total":3' in prompt_of(request) else Reply.output(Sum(7))
        return Reply.output(Sum(8))

    with script(answer) as api:
        result = await cascade(Sum(4), levels=[adder, Escalate(OPUS)], check=is_double)
        assert (result.answer, result.attempts[0].reason) == (Sum(8), "7 is not twice 4.")
        assert "7 is not twice 4." in prompt_of(api.requests[-1])
        unfit = await cascade([Sum(3)], levels=[adder, Escalate(OPUS)])
    assert unfit[0].level == OPUS, "a type is a check"
    assert unfit[0].attempts[0].outcome is Outcome.INVALID_OUTPUT
    assert "invalid_output" in unfit[0].attempts[0].reason


async def test_failures_of_the_api_go_on_and_a_level_that_is_not_there_is_said() -> None:
    def answer(request: JSONObject) -> Reply:
        if request["model"] == HAIKU:
            return Reply.failure(529, "overloaded_error", "Overloaded.")
        return Reply.refusal("No.") if request["model"] == SONNET else Reply.text("good")

    with script(answer):
        result = await cascade("hard", levels=[worker, Escalate(SONNET), Escalate(OPUS)], check=is_good)
    assert [one.outcome for one in result.attempts] == [Outcome.FAILED, Outcome.REFUSED, Outcome.COMPLETED]
    assert result.answer == "good"
    dear: list[AnyLevel[str, str]] = [worker, Escalate("nobody-knows-it")]
    with script() as api, pytest.raises(ConfigurationError, match="nobody-knows-it"):
        await cascade(["easy"], levels=dear, check=is_good, budget=Budget(max_cost_usd=1))
    assert not api.requests, "a price that is missing on any level is said before anything is paid"


async def test_an_agent_whose_code_raises_is_an_attempt_that_failed_and_its_price_counts() -> None:
    def broken(answer: str) -> str | None:
        raise RuntimeError("No database.")

    breaks = Agent("breaks", model=HAIKU, verify=broken)
    with script(play) as api:
        one = await cascade("hard", levels=[breaks, Agent("strong", model=OPUS)], check=is_good)
        many = await cascade(["hard"], levels=[breaks, Agent("strong", model=OPUS)], check=is_good)
    assert one.level == many[0].level == OPUS
    assert one.attempts[0].reason == "The program raised RuntimeError: No database."
    assert one.attempts[0].outcome is Outcome.FAILED
    assert one.cost.usd == pytest.approx((api.ledger.usd or 0) / 2)
    assert "No database" not in prompt_of(api.requests[1])


async def test_the_budget_is_that_of_all_items_and_levels() -> None:
    with script(play) as api:
        results = await cascade(
            ["hard", "easy", "nobody"], levels=LEVELS, check=is_good, concurrency=1, budget=Budget(max_requests=4)
        )
    assert len(api.requests) == 4
    assert [one.solved for one in results] == [True, True, False]
    assert results[2].is_cut_off
    assert results[2].attempts[-1].outcome is Outcome.BUDGET_EXHAUSTED
    assert "budget" in results[2].reason
    assert len(results.finished) == 2
    with script(play) as api:
        nothing = await cascade(["easy"] * 3, levels=LEVELS, check=is_good, budget=Budget(max_requests=0))
    assert (len(api.requests), [len(one.attempts) for one in nothing]) == (0, [1, 1, 1])


async def test_agreement_asks_for_more_only_while_it_can_be_reached() -> None:
    said: dict[str, Iterator[str]] = {}

    def answer(request: JSONObject) -> Reply:
        name = next(one for one in said if one in prompt_of(request))
        return Reply.text("forty-two" if request["model"] == OPUS else next(said[name]))

    said.update(same=iter(["42", "**42.**"]), two=iter(["-5", "5", "5"]), none=iter(["1", "2", "3"]))
    with script(answer) as api:
        results = await cascade(["same", "two", "none"], levels=LEVELS, check=Agreement(3), concurrency=1)
    assert [one.level for one in results] == [HAIKU, HAIKU, OPUS]
    assert results[0].answer in ("42", "**42.**")
    assert [one.answer for one in results[1:]] == ["5", "forty-two"]
    assert [len(one.attempts[0].results) for one in results] == [2, 3, 3]
    assert results[2].attempts[0].reason.startswith("Of 3 answers at most 1 agree, and 2 have to: 1 x '")
    assert len(api.requests) == 2 + 3 + 3 + 2
    assert results.cost.usd == pytest.approx(api.ledger.usd)


async def test_a_level_may_have_checks_of_its_own() -> None:
    with script(play):
        result = await cascade("nobody", levels=[worker, Level(Escalate(OPUS), None)], check=is_good)
    assert (result.solved, result.level) == (True, OPUS)


async def test_a_cascade_in_a_tool_is_paid_by_the_run_around_it() -> None:
    @tool
    async def solve(ctx: RunContext[None], question: str) -> str:
        """Solve a question."""
        result = await cascade(question, levels=LEVELS, check=is_good)
        return str(result.answer or result.reason)

    def answer(request: JSONObject) -> Reply:
        if request.get("tools"):
            is_first = len(request["messages"]) == 1
            return Reply.tool("solve", question="hard") if is_first else Reply.text("Done.")
        return play(request)

    with script(answer) as api:
        result = await Agent("lead", model=SONNET, tools=[solve]).run("Go", budget=Budget(max_requests=9))
    assert (result.output, result.usage.requests) == ("Done.", 4)
    assert result.cost.usd == pytest.approx(api.ledger.usd)
    assert f"good, by {OPUS}" in str(api.requests[-1]["messages"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"levels": []}, "it takes a list, the cheapest first"),
        ({"levels": worker}, "it takes a list, the cheapest first"),
        ({"levels": [Escalate(OPUS)]}, "the first level is an Agent"),
        ({"levels": [worker, OPUS]}, "is no Agent and no Escalate"),
        ({"check": None}, "nothing checks the text of Agent('worker')"),
        ({"check": "good"}, "a check is a function"),
        ({"check": worker}, "is no grader: it takes output=Grade"),
        ({"check": [Agreement(), Agreement()]}, "it has two Agreements"),
        ({"check": lambda a, b, c: None}, "the function takes the output, or the output and the input"),
        ({"concurrency": 0}, "concurrency=0"),
        ({"model": OPUS}, "model"),
        ({"prompt": 7}, "The prompt, int, is neither text nor"),
        ({"prompt": "\ud800"}, "half of a surrogate pair"),
        ({"levels": [Agent("a", model=HAIKU, input=Named)], "prompt": Named("\ud800")}, "half of a surrogate"),
    ],
)
async def test_arguments_that_cannot_work_are_refused_before_anything_is_sent(
    given: dict[str, object], said: str
) -> None:
    arguments = {"prompt": ["easy"], "levels": LEVELS, "check": is_good, **given}
    with script() as api, pytest.raises(UsageError) as refused:
        await cascade(arguments.pop("prompt"), **arguments)  # type: ignore[call-overload]
    assert said in str(refused.value)
    assert not api.requests


async def test_runs_that_the_api_failed_are_asked_again_where_the_item_is_not_solved(tmp_path: Path) -> None:
    down = {HAIKU, OPUS}

    def answer(request: JSONObject) -> Reply:
        model = str(request["model"])
        is_down = model in down and ("easy" in prompt_of(request) or model == HAIKU)
        return Reply.failure(500, "api_error") if is_down else play(request)

    async def ask(*, again: bool) -> list[str | None]:
        results = await cascade(
            ["easy", "hard", "nobody"], levels=LEVELS, check=is_good, journal=tmp_path / "runs.db", again=again
        )
        return [one.level for one in results]

    with script(answer) as api:
        assert await ask(again=False) == [None, OPUS, None]
        down.clear()
        assert (await ask(again=False), len(api.requests)) == ([None, OPUS, None], 6)
        assert await ask(again=True) == [HAIKU, OPUS, None]
        assert [request["model"] for request in api.requests[6:]].count(HAIKU) == 2, "what is solved is not asked again"
        asked = len(api.requests)
        assert (await ask(again=True), len(api.requests)) == ([HAIKU, OPUS, None], asked)
