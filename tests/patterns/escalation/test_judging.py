"""The checks of a cascade's answers: gaps, graders, and verdicts that are recorded and not asked for twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentkit import Budget
from agentkit.messages.message import JSONObject
from agentkit.patterns import CascadeResult, Grade, cascade, grading_agent
from agentkit.testing import Reply, script
from tests.patterns.escalation.workers import HAIKU, LEVELS, OPUS, SONNET, is_good, play, prompt_of

pytestmark = pytest.mark.anyio


async def test_a_check_that_raises_is_a_gap_and_no_pass() -> None:
    def raises(answer: str) -> None:
        raise KeyError("api_key=sk-ant-1234567890abcdef")

    async def odd(answer: str) -> object:
        return 0.9

    with script(play) as api:
        result = await cascade(["easy", "easy"], levels=LEVELS, check=raises)
        odd_one = await cascade("easy", levels=LEVELS, check=odd)
    assert not any(one.solved for one in (*result, odd_one))
    assert result[0].attempts[0].gap.startswith("the check 'raises' raised KeyError")
    assert len(result[0].gaps) == 2
    assert len(result.gaps) == 4
    assert "sk-ant-1234567890abcdef" not in str(result)
    assert "gap: item 0, claude-haiku-5-5: the check 'raises'" in str(result)
    assert "returned float instead of" in odd_one.gaps[0]
    assert "It could not be checked" in prompt_of(api.requests[-1])
    assert "KeyError" not in prompt_of(api.requests[1])


async def test_a_grader_judges_in_a_conversation_of_its_own_and_its_reason_goes_up() -> None:
    grader = grading_agent("It begins with good.", model=SONNET)

    def answer(request: JSONObject) -> Reply:
        if request["model"] != SONNET:
            return play(request)
        is_right = "\ngood" in request["messages"][0]["content"][-2]["text"]
        return Reply.output(Grade(reason="It has to begin with good.", correct=is_right))

    with script(answer) as api:
        result = await cascade("hard", levels=LEVELS, check=[is_good, grader])
        assert [one["model"] for one in api.requests] == [HAIKU, OPUS, SONNET], "the cheap check spares the grader"
        result = await cascade("hard", levels=LEVELS, check=grader)
    assert result.level == OPUS
    assert "It has to begin with good." in prompt_of(api.requests[-2])
    graded = next(one for one in api.requests if one["model"] == SONNET)
    assert "It begins with good." in str(graded["system"])
    assert len(graded["messages"]) == 1
    assert [one.check_cost.usd > 0 for one in result.attempts if one.check_cost.usd is not None] == [True, True]
    with script(answer) as api:
        limited = await cascade("easy", levels=LEVELS, check=grader, budget=Budget(max_requests=1))
    assert (limited.solved, limited.is_cut_off, len(api.requests)) == (False, True, 1)
    assert "gave no grade" in limited.gaps[0]


async def test_a_cascade_that_was_stopped_goes_on_and_pays_for_nothing_twice(tmp_path: Path) -> None:
    journal, items = tmp_path / "cascade.db", ["easy 1", "hard 2", "easy 1", "nobody 3", "hard 4"]
    grader = grading_agent("Good.", model=SONNET)
    calls: list[str] = []

    def counted(answer: str) -> str | None:
        calls.append(answer)
        return is_good(answer)

    def answer(request: JSONObject) -> Reply:
        return Reply.output(Grade(reason="", correct=True)) if request["model"] == SONNET else play(request)

    class Killed(BaseException):
        pass

    def stop(result: CascadeResult) -> None:
        if result.index == 2:
            raise Killed

    options = {"levels": LEVELS, "check": [counted, grader], "concurrency": 1, "journal": journal, "run_id": "job"}
    with script(answer) as first, pytest.raises(Killed):
        await cascade(items, progress=stop, **options)  # type: ignore[call-overload]
    with script(answer) as second:
        results = await cascade([*items[1:], items[0], "easy 5"], **options)  # type: ignore[call-overload]
    assert [one.level for one in results] == [OPUS, HAIKU, None, OPUS, HAIKU, HAIKU]
    assert len(first.requests) == 2 + 3 + 2
    assert len(second.requests) == 2 + 3 + 2, "only what is new"
    assert len(calls) == 4 + 2 + 2 + 1
    assert first.ledger.usd is not None
    assert second.ledger.usd is not None
    assert results.cost.usd == pytest.approx(first.ledger.usd + second.ledger.usd)
    assert all(one.seconds > 0 for result in results for one in result.attempts)
    with script() as third:
        again = await cascade(items, budget=Budget(max_requests=len(first.requests)), **options)  # type: ignore[call-overload]
    assert (len(third.requests), [one.level for one in again]) == (0, [HAIKU, OPUS, HAIKU, None, OPUS])


async def test_a_changed_grader_grades_anew_and_what_did_not_change_is_not_paid_again(tmp_path: Path) -> None:
    def answer(request: JSONObject) -> Reply:
        return Reply.output(Grade(reason="", correct=True)) if request["model"] == SONNET else play(request)

    with script(answer) as api:
        for criteria in ("Good.", "Good.", "Better."):
            grader = grading_agent(criteria, model=SONNET)
            await cascade("easy", levels=LEVELS, check=grader, journal=tmp_path / "c.db", run_id="job")
    assert [one["model"] for one in api.requests] == [HAIKU, SONNET, SONNET]
